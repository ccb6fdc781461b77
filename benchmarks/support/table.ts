import type { Row } from "./Row.ts"

const columns: ReadonlyArray<{ title: string; width: number; right?: boolean; value: (row: Row) => string }> = [
  { title: "case", width: 56, value: (row) => row.case },
  { title: "metric", width: 14, value: (row) => row.metric },
  { title: "ours", width: 10, right: true, value: (row) => show(row.ours) },
  { title: "peer", width: 10, right: true, value: (row) => show(row.peer) },
  { title: "ratio", width: 8, right: true, value: (row) => (row.ratio === null ? "-" : `${show(row.ratio)}x`) },
  { title: "against", width: 26, value: (row) => row.peerName }
]

const line = (cells: ReadonlyArray<string>): string =>
  cells
    .map((cell, i) => (columns[i]!.right ? cell.padStart(columns[i]!.width) : cell.padEnd(columns[i]!.width)))
    .join("  ")
    .trimEnd()

export const header = (name: string): string => `\n${name}\n${line(columns.map(({ title }) => title))}`

export const tableLine = (row: Row): string =>
  line(columns.map(({ value }) => value(row))) + (row.note === undefined ? "" : `\n    ${row.note}`)

/** Three significant digits, and no exponent. */
const show = (value: number | null): string => {
  if (value === null) return "-"
  const size = Math.abs(value)
  return value.toLocaleString("en-US", size >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 })
}
