import { InputError } from "../errors.ts"
import { excerpt, parseJson, type Row } from "./jsonl.ts"
import { type Malformed, report } from "./Malformed.ts"
import { parsePythonLiteral } from "./pythonLiteral.ts"
import { extension, type Source, sourceName } from "./Source.ts"
import { bodyRows, tableRows } from "./table.ts"

/** A table some of whose columns hold lists or objects, as JSON or as Python writes them: its rows are records as those of a JSON file. */
export interface RecordTable {
  /** Whether a column holds lists or objects, by its place. */
  readonly structured: ReadonlyArray<boolean>
}

/** Rows by which columns are judged: many, since the first entity may come late. */
const SAMPLE = 500

/** The table that a file is, by its first rows; `undefined` for what is none, or has texts and numbers only. */
export const recordTable = async (source: Source): Promise<RecordTable | undefined> => {
  const found = await tableOf(source, { onMalformed: () => {} })
  if (found === undefined) return undefined
  const { header, rows } = found
  const sample: Array<ReadonlyArray<string>> = []
  for await (const { cells } of rows) if (sample.push(cells) >= SAMPLE) break
  const structured = header.map((_, n) => {
    const cells = sample.map((row) => row[n]!).filter((cell) => /\S/.test(cell))
    return cells.filter((cell) => structureOf(cell) !== undefined).length * 2 > cells.length
  })
  return structured.includes(true) ? { structured } : undefined
}

/** The rows of such a table: a column's name -> its cell, nothing where that is empty. A cell that is no list where others are is malformed. */
export async function* recordRows(
  source: Source,
  { structured }: RecordTable,
  options: Malformed
): AsyncGenerator<Row<Record<string, unknown>>> {
  const name = sourceName(source)
  const found = await tableOf(source, options)
  if (found === undefined) return
  for await (const { cells, line } of found.rows) {
    const record: Record<string, unknown> = {}
    let broken: string | undefined
    for (const [n, column] of found.header.entries()) {
      const cell = cells[n]!
      if (!/\S/.test(cell)) continue
      const value = structured[n] ? structureOf(cell) : cell
      if (value === undefined) broken ??= column
      record[column] = value
    }
    if (broken === undefined) yield { value: record, line }
    else {
      const reason = `neither JSON nor a Python list: ${excerpt(cells[found.header.indexOf(broken)]!)}`
      report(options, new InputError({ source: name, line, field: broken, reason }))
    }
  }
}

const tableOf = async (source: Source, options: Malformed) => {
  const name = sourceName(source)
  const reading = { source: name, malformed: (error: InputError) => report(options, error) }
  const { all, table } = await tableRows(source, reading)
  const isTable = table?.kind !== undefined || /^[ct]sv$/.test(extension(source))
  if (table === undefined || table.header.length < 2 || !isTable) return undefined
  return { header: table.header, rows: bodyRows(all, table.header, reading) }
}

/** The list or object that a cell holds. */
const structureOf = (cell: string): object | undefined => {
  if (!/^\s*[[({]/.test(cell)) return undefined
  const json = parseJson(cell)
  if (json !== undefined) return typeof json === "object" && json !== null ? json : undefined
  try {
    return parsePythonLiteral(cell) as object
  } catch {
    return undefined
  }
}
