import type { DataReport } from "./openData.ts"

/** One line of what a file, or several files together, turned out to be: format, columns, sentences, entities by type, and all that was not read as it stands. */
export const describeData = (report: DataReport): string => {
  const { details, documents, dropped, entities, format, labelled, malformed, noted, source } = report
  const total = [...entities.values()].reduce((sum, n) => sum + n, 0)
  const types = [...entities].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  const shown = types.slice(0, TYPES).map(([type, n]) => `${type} ${n}`)
  const more = types.length > TYPES ? [`${types.length - TYPES} more types`] : []
  const named = total === 0 ? "" : ` (${[...shown, ...more].join(", ")})`
  const records =
    labelled > 0 && labelled < documents
      ? `${documents} records, ${labelled} of them labelled`
      : `${documents}${labelled > 0 ? " labelled" : ""} records`
  const what = labelled > 0 ? `${records}, ${total} entities${named}` : records
  const counted = (counts: ReadonlyMap<string, number>) => [...counts].map(([reason, n]) => `${n} ${reason}`)
  return [
    `${source}: ${format}${details.length === 0 ? "" : ` (${details.join("; ")})`}, ${what}`,
    ...counted(noted),
    ...[...dropped].map(([reason, n]) => `${n} records left out: ${reason}`),
    ...(malformed > 0 ? [`${malformed} malformed records skipped`] : [])
  ].join("; ")
}

/** Types that are named; of the rest, how many. */
const TYPES = 12
