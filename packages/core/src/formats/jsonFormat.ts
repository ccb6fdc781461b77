import { InputError } from "../errors.ts"
import { type Rows, writeLines } from "../files/writers.ts"
import type { Document, Fields, Format, RawDocument, RawSpan, Reading } from "./Format.ts"
import { records } from "./records.ts"
import { extension } from "./Source.ts"
import { writeParquet } from "./writeParquet.ts"

/** A JSON value that is an object. */
export interface JsonObject {
  readonly [name: string]: unknown
}

/** A record and where it stands, for what a format says of it. */
export interface JsonRecord {
  readonly value: unknown
  readonly line: number
  readonly reading: Reading
  /** Ends the record with an error. `field` is its path: "spans[2].start". */
  fail(field: string, reason: string, remedy?: string): never
}

/** A format whose files are JSON records: JSON Lines, one array, or values one after the other; all are streamed. Or the rows of a Parquet file. */
export interface JsonFormat
  extends Pick<Format, "name" | "title" | "unit" | "endings" | "breadth" | "needs" | "reads"> {
  /**
   * Whether a value is a record of this format. Specific: another format's record is not. "perhaps": it may be one, as a text without an entity, among
   * others that are.
   */
  fits(value: unknown): boolean | "perhaps"
  /**
   * What the record says; `undefined` when it was dropped (`record.reading.dropped`), several where it holds several texts. @throws InputError,
   * by `record.fail`: the record is malformed
   */
  document(record: JsonRecord): RawDocument | Iterable<RawDocument> | undefined
  /** A document as a record. Absent: read only. */
  readonly row?: (document: Document) => unknown
  /** How records are written: one a line (the default), or in one array. */
  readonly layout?: "lines" | "array"
}

export const jsonFormat = ({ fits, document, row, layout = "lines", ...format }: JsonFormat): Format => ({
  ...format,
  recognise: ({ shape, records }) => {
    if (shape !== "json") return false
    const answers = records.map(fits)
    // A broken record among good ones does not make another format of them.
    return answers.includes(true) && answers.filter((answer) => answer !== false).length * 2 > records.length
  },
  async *read(source, reading) {
    for await (const { line, value } of records(source, { onMalformed: reading.malformed })) {
      const fail = (field: string, reason: string, remedy?: string): never => {
        throw new InputError({
          source: reading.source,
          line,
          ...(field === "" ? {} : { field }),
          reason,
          ...(remedy === undefined ? {} : { remedy })
        })
      }
      try {
        const read = document({ value, line, reading, fail })
        if (read === undefined) continue
        if (Symbol.iterator in read) yield* read
        else yield read
      } catch (error) {
        if (!(error instanceof InputError)) throw error
        reading.malformed(error)
      }
    }
  },
  ...(row && {
    row,
    write: (path: string, documents: Rows<Document>) => {
      if (extension(path) === "parquet") return writeParquet(path, documents, (one) => row(one) as object)
      return layout === "lines"
        ? writeLines(path, documents, (one) => JSON.stringify(row(one)))
        : writeArray(path, documents, row)
    }
  })
})

/** Writes one array, a record a line, atomically and as a stream. @returns the number of records @throws OutputError */
export const writeArray = async <A>(
  path: string,
  documents: Rows<A>,
  row: (document: A) => unknown
): Promise<number> => {
  let count = 0
  const lines = async function* () {
    let held: string | undefined
    for await (const one of documents) {
      if (held !== undefined) yield `${held},`
      held = `${count++ === 0 ? "[" : ""}${JSON.stringify(row(one))}`
    }
    yield held === undefined ? "[]" : `${held}]`
  }
  await writeLines(path, lines(), (line) => line)
  return count
}

/** Whether a JSON value is an object: no list, not null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether a JSON value is a list of strings. */
export const isStrings = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((item) => typeof item === "string")

export const isOffset = (value: unknown): value is number => typeof value === "number" && Number.isInteger(value)

/** A span of a record, with its type. */
export const spanOf = (
  { fail }: Pick<JsonRecord, "fail">,
  field: string,
  { start, end, type }: { readonly start: unknown; readonly end: unknown; readonly type: unknown }
): RawSpan => {
  if (!isOffset(start) || !isOffset(end)) return fail(field, "start or end is no whole number")
  if (typeof type !== "string" || type.trim() === "") return fail(field, "its type is no text")
  return { start, end, type }
}

/** A record with a document's other fields behind it: those that the format has a meaning of its own for are left out. */
export const withFields = (row: JsonObject, fields: Fields | undefined): JsonObject =>
  fields === undefined ? row : { ...row, ...fields, ...row }

/** A record's other fields than those of its format; `undefined` when it has none. */
export const otherFields = (record: JsonObject, own: ReadonlyArray<string>): Fields | undefined => {
  let other: Record<string, unknown> | undefined
  for (const name in record) {
    if (own.includes(name)) continue
    other ??= {}
    other[name] = record[name]
  }
  return other
}

/** A record's id, where it has one: numbers are ids, too. */
export const idOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" || typeof value === "bigint" ? String(value) : undefined
