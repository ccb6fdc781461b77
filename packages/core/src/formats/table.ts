import { InputError } from "../errors.ts"
import { codeOf } from "../thrown.ts"
import type { Reading } from "./Format.ts"
import { lineBlocks } from "./lines.ts"
import type { Source } from "./Source.ts"

/** A row of a table, its header too. `line` is where it starts. */
export interface TableRow {
  readonly cells: ReadonlyArray<string>
  readonly line: number
  /** Why it cannot be read; its cells say nothing then. */
  readonly error?: InputError | undefined
}

/** What a table is, by its header: texts with other columns, or words with their tags. */
export interface Table {
  readonly delimiter: string
  readonly header: ReadonlyArray<string>
  /** Absent where no column is known. */
  readonly kind: Texts | Words | undefined
  /** Whether the header and each line have as many cells, several. */
  readonly even: boolean
}

/** A text a row. Numbers are those of columns, from 0. */
export interface Texts {
  readonly type: "texts"
  readonly text: number
}

/** A word and its tag a row. */
export interface Words {
  readonly type: "words"
  readonly word: number
  readonly tag: number
  readonly sentence: number | undefined
}

const textNames = new Set("text sentence content document body message review tweet post abstract utterance".split(" "))
const wordNames = new Set("word words token tokens form".split(" "))
const tagNames = new Set("tag tags label labels ner ner_tag ner_tags bio iob entity".split(" "))
const sentenceNames = /^(sentence|sent)(_?(#|id|idx|index|no|number|nr))?$/

/** The name of a column without what writers differ in. */
export const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_")

/** What a table is, by its first lines; `undefined` for what is none. */
export const tableOf = (
  lines: ReadonlyArray<string>,
  { tagColumn, textColumn, wordColumn }: Partial<Reading["options"]>
): Table | undefined => {
  const first = lines.find((line) => /\S/.test(line))
  if (first === undefined) return undefined
  const tables = delimiters.map((delimiter): Table => {
    const header = cellsOf(first, delimiter)
    const names = header.map(plain)
    const at = (given: number | string | undefined, known: (name: string) => boolean): number => {
      if (typeof given === "number") return given < 0 ? header.length + given : given
      return given === undefined ? names.findIndex(known) : header.indexOf(given)
    }
    const word = at(wordColumn, (name) => wordNames.has(name))
    const tag = at(tagColumn, (name) => tagNames.has(name))
    const text = at(textColumn, (name) => textNames.has(name))
    const sentence = names.findIndex((name, n) => n !== word && n !== tag && sentenceNames.test(name))
    // Words and tags that are parted by tabs and blank lines are columns, with a header.
    const isWords = word >= 0 && tag >= 0 && (sentence >= 0 || delimiter !== "\t")
    const words: Words = { type: "words", word, tag, sentence: sentence < 0 ? undefined : sentence }
    const isTexts = text >= 0 && (header.length > 1 || textColumn !== undefined) && !(word >= 0 && tag >= 0)
    const kind = isWords ? words : isTexts ? { type: "texts" as const, text } : undefined
    const looksLikeHeader = header.length > 1 && header.every((name) => /^[\w #.-]{1,40}$/.test(name))
    const counts = lines.filter((line) => /\S/.test(line)).map((line) => cellsOf(line, delimiter).length)
    const even = looksLikeHeader && counts.length > 3 && counts.every((count) => count === header.length)
    return { delimiter, header, kind, even }
  })
  return (
    tables.find(({ kind }) => kind !== undefined) ??
    tables.find(({ delimiter, even }) => even && delimiter !== "\t") ??
    tables.find(({ header }) => header.length > 1)
  )
}

/** A line's cells, as far as a line by itself tells. */
const cellsOf = (line: string, delimiter: string): Array<string> =>
  Array.from(
    `${delimiter}${line}`.matchAll(splitters[delimiter]!),
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? ""
  )
const delimiters = [",", "\t", ";", "|"] as const
const splitters = Object.fromEntries(
  delimiters.map((delimiter) => [delimiter, new RegExp(`[${delimiter}](?:"((?:[^"]|"")*)"|([^${delimiter}]*))`, "g")])
)

/** Longest cell that is held. */
const LARGEST = 1 << 26

/** What a table is, and its rows with the header. A cell without an end is malformed, and the last. */
export const tableRows = async (
  source: Source,
  reading: Pick<Reading, "source" | "malformed"> & { readonly options?: Partial<Reading["options"]> }
): Promise<{ table: Table | undefined; all: AsyncGenerator<TableRow> }> => {
  const unreadable = new Map<number, InputError>()
  const texts = rawLines(source, (error) => unreadable.set(error.line!, error))
  const head: Array<string> = []
  while (head.length < 50) {
    const { done, value } = await texts.next()
    if (done) break
    head.push(value)
  }
  const table = tableOf(
    head.map((text) => text.replace(/\r$/, "")),
    reading.options ?? {}
  )
  const delimiter = table?.delimiter ?? ","
  const all = async function* (): AsyncGenerator<TableRow> {
    const { parse } = await import("csv-parse")
    const parser = parse({
      delimiter,
      // Inside of quotes a line end is text, and stays as it is.
      record_delimiter: ["\r\n", "\n"],
      relax_quotes: true,
      relax_column_count: true,
      max_record_size: LARGEST
    })
    const feed = async () => {
      for (const text of head) parser.write(`${text}\n`)
      for await (const text of texts) {
        if (!parser.write(`${text}\n`)) await new Promise((resolve) => parser.once("drain", resolve))
      }
      parser.end()
    }
    feed().catch((error) => parser.destroy(error))
    let line = 1
    try {
      for await (const cells of parser as AsyncIterable<Array<string>>) {
        const start = line
        line += cells.reduce((lines, cell) => lines + cell.split("\n").length - 1, 1)
        let error: InputError | undefined
        for (let at = start; at < line && unreadable.size > 0; at++) {
          error ??= unreadable.get(at)
          unreadable.delete(at)
        }
        yield { cells, line: start, error }
      }
    } catch (error) {
      if (error instanceof InputError || codeOf(error) === "") throw error
      reading.malformed(new InputError({ source: reading.source, line, reason: "a cell whose quotes are not closed" }))
    } finally {
      // Where it is left early the file is closed.
      texts.return(undefined).catch(() => {})
    }
  }
  return { table, all: all() }
}

/** The rows below the header that have something in them. One that has more or fewer cells than the header, or cannot be read, is malformed. */
export async function* bodyRows(
  rows: AsyncIterable<TableRow>,
  header: ReadonlyArray<string>,
  reading: Pick<Reading, "source" | "malformed">
): AsyncGenerator<TableRow> {
  let isHeader = true
  for await (const row of rows) {
    if (isHeader || isEmpty(row.cells)) {
      isHeader &&= isEmpty(row.cells)
      continue
    }
    const error = rowError(row, header, reading)
    if (error === undefined) yield row
    else reading.malformed(error)
  }
}

/** Why a row is no row of its table; `undefined` where it is one. */
export const rowError = (
  { cells, error, line }: TableRow,
  header: ReadonlyArray<string>,
  { source }: Pick<Reading, "source">
): InputError | undefined => {
  if (error !== undefined || cells.length === header.length) return error
  const reason = `${cells.length} cells, where the header has ${header.length}`
  return new InputError({ source, line, reason })
}

/** Lines, with the CR of a CRLF. One that is not UTF-8 is the sign of what is missing, so that those behind it stay where they are. */
async function* rawLines(source: Source, onMalformed: (error: InputError) => void): AsyncGenerator<string> {
  for await (const { texts } of lineBlocks(source, { onMalformed, keepReturns: true }))
    for (const text of texts) yield text ?? "\ufffd"
}

/** Whether a file is called as tables are. */
export const hasTableName = (name: string): boolean => /\.[ct]sv(\.gz)?$/i.test(name)

/** Whether a row is a line with nothing on it. */
export const isEmpty = (cells: ReadonlyArray<string>): boolean => cells.length <= 1 && !/\S/.test(cells[0] ?? "")
