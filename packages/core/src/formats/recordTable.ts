import { InputError } from "../errors.ts"
import type { JsonObject } from "./jsonFormat.ts"
import { excerpt, parseJson, type Row } from "./jsonl.ts"
import { type Malformed, report } from "./Malformed.ts"
import { parsePythonLiteral } from "./pythonLiteral.ts"
import { type Source, sourceName } from "./Source.ts"
import { bodyRows, hasTableName, type TableRow, tableRows } from "./table.ts"

/** A table some of whose columns hold lists or objects, as JSON or as Python writes them: its rows are records as those of a JSON file. */
export interface RecordTable {
  /** Whether a column holds lists or objects, by its place. */
  readonly structured: ReadonlyArray<boolean>
  /** Its first rows, but those that are malformed. */
  readonly first: ReadonlyArray<JsonObject>
}

/** Rows by which columns are judged: many, since the first entity may come late. */
const SAMPLE = 500

/** The table that a file is, by its first rows; `undefined` for what is none, or has texts and numbers only. */
export const recordTable = async (source: Source): Promise<RecordTable | undefined> => {
  const found = await tableOf(source, { onMalformed: () => {} })
  if (found === undefined) return undefined
  const { header, rows } = found
  const sample: Array<TableRow> = []
  for await (const row of rows) if (sample.push(row) >= SAMPLE) break
  const structured = header.map((_, n) => {
    const cells = sample.map((row) => row.cells[n]!).filter((cell) => /\S/.test(cell))
    return cells.filter((cell) => structureOf(cell) !== undefined).length * 2 > cells.length
  })
  if (!structured.includes(true)) return undefined
  const first = sample.flatMap((row) => {
    const record = recordOf(row, header, structured, sourceName(source))
    return record instanceof InputError ? [] : [record]
  })
  return { structured, first }
}

/** The rows of such a table: a column's name -> its cell, nothing where that is empty. A cell that is no list where others are is malformed. */
export async function* recordRows(
  source: Source,
  { structured }: RecordTable,
  options: Malformed
): AsyncGenerator<Row<JsonObject>> {
  const name = sourceName(source)
  const found = await tableOf(source, options)
  if (found === undefined) return
  for await (const row of found.rows) {
    const record = recordOf(row, found.header, structured, name)
    if (record instanceof InputError) report(options, record)
    else yield { value: record, line: row.line }
  }
}

/** A row as a record, or what is wrong with it. */
const recordOf = (
  { cells, line }: TableRow,
  header: ReadonlyArray<string>,
  structured: ReadonlyArray<boolean>,
  source: string
): JsonObject | InputError => {
  const record: Record<string, unknown> = {}
  for (const [n, field] of header.entries()) {
    const cell = cells[n]!
    if (!/\S/.test(cell)) continue
    const value = structured[n] ? structureOf(cell) : cell
    if (value === undefined) {
      return new InputError({ source, line, field, reason: `neither JSON nor a Python list: ${excerpt(cell)}` })
    }
    record[field] = value
  }
  return record
}

const tableOf = async (source: Source, options: Malformed) => {
  const name = sourceName(source)
  const reading = { source: name, malformed: (error: InputError) => report(options, error) }
  const { all, table } = await tableRows(source, reading)
  const isTable = table?.kind !== undefined || hasTableName(name)
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
