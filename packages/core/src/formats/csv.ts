import { InputError } from "../errors.ts"
import { type Notation, recogniseNotation } from "../tags/notation.ts"
import type { Fields, Format, RawDocument, Reading } from "./Format.ts"
import { lines } from "./lines.ts"
import type { Source } from "./Source.ts"

/**
 * Tables with a header, comma-, semicolon-, tab- or pipe-separated, quoted as RFC 4180 has it: a text a row, its other columns kept; or a word and its
 * tag a row, with a column that says where sentences begin (filled in each row, or in the first of a sentence only).
 */
export const csv: Format = {
  name: "csv",
  reads: ["wordColumn", "tagColumn", "textColumn", "tagScheme", "untyped"],
  title: "CSV or TSV with a header: a text a row, or a word and its tag",
  unit: "utf16",
  breadth: 1,
  recognise: ({ lines, name, shape }) => {
    if (shape !== "text") return false
    const table = tableOf(lines, {})
    if (table === undefined) return false
    if (table.kind !== undefined) return true
    // Columns of unheard-of names are a table all the same: it is refused, and never read as prose.
    const isTable = /\.[ct]sv(\.gz)?$/i.test(name) ? table.header.length > 1 : table.even
    return isTable && "perhaps"
  },
  async *read(source, reading) {
    const rows = rowsOf(source, reading)
    const { table, all } = await rows
    if (table?.kind === undefined) throw unknownColumns(table?.header ?? [], reading)
    reading.detail(`columns ${table.header.map((name) => JSON.stringify(name)).join(", ")}`)
    yield* table.kind.type === "texts"
      ? textRows(all, table.header, table.kind, reading)
      : wordRows(all, table, table.kind, reading)
  }
}

interface Row {
  readonly cells: ReadonlyArray<string>
  readonly line: number
}

interface Table {
  readonly delimiter: string
  readonly header: ReadonlyArray<string>
  /** Absent where no column is known. */
  readonly kind: Texts | Words | undefined
  /** Whether the header and each line have as many cells, several. */
  readonly even: boolean
}
interface Texts {
  readonly type: "texts"
  readonly text: number
}
interface Words {
  readonly type: "words"
  readonly word: number
  readonly tag: number
  readonly sentence: number | undefined
}

const textNames = new Set("text sentence content document body message review tweet post abstract utterance".split(" "))
const wordNames = new Set("word words token tokens form".split(" "))
const tagNames = new Set("tag tags label labels ner ner_tag ner_tags bio iob entity".split(" "))
const sentenceNames = /^(sentence|sent)(_?(#|id|idx|index|no|number|nr))?$/

const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_")

/** What a table is, by its first lines. */
const tableOf = (
  lines: ReadonlyArray<string>,
  { tagColumn, textColumn, wordColumn }: Partial<Reading["options"]>
): Table | undefined => {
  const first = lines.find((line) => /\S/.test(line))
  if (first === undefined) return undefined
  const tables = [",", "\t", ";", "|"].map((delimiter): Table => {
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
    line.matchAll(delimiter === "|" ? /(?:^|\|)(?:"((?:[^"]|"")*)"|([^|]*))/g : splitters[delimiter]!),
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? ""
  )
const splitter = (delimiter: string) => new RegExp(`(?:^|${delimiter})(?:"((?:[^"]|"")*)"|([^${delimiter}]*))`, "g")
const splitters: Readonly<Record<string, RegExp>> = { ",": splitter(","), "\t": splitter("\t"), ";": splitter(";") }

const unknownColumns = (header: ReadonlyArray<string>, { source }: Reading): InputError =>
  new InputError({
    source,
    line: 1,
    reason: `a table of ${header.map((name) => JSON.stringify(name)).join(", ")}: none is known to hold texts, or words and tags`,
    remedy: "name them: --text-column, or --word-column and --tag-column"
  })

/** Longest cell that is held. */
const LARGEST = 1 << 26

const rowsOf = async (
  source: Source,
  reading: Reading
): Promise<{ table: Table | undefined; all: AsyncGenerator<Row> }> => {
  const texts = lines(source, { onMalformed: reading.malformed })
  const head: Array<{ text: string; number: number }> = []
  while (head.length < 50) {
    const { done, value } = await texts.next()
    if (done) break
    head.push(value)
  }
  const table = tableOf(
    head.map(({ text }) => text),
    reading.options
  )
  const delimiter = table?.delimiter ?? ","
  const all = async function* (): AsyncGenerator<Row> {
    const { parse } = await import("csv-parse")
    const parser = parse({
      delimiter,
      info: true,
      relax_quotes: true,
      relax_column_count: true,
      max_record_size: LARGEST
    })
    const feed = async () => {
      for (const { text } of head) parser.write(`${text}\n`)
      for await (const { text } of texts) {
        if (!parser.write(`${text}\n`)) await new Promise((resolve) => parser.once("drain", resolve))
      }
      parser.end()
    }
    feed().catch((error) => parser.destroy(error))
    let line = 1
    try {
      for await (const { info, record } of parser as AsyncIterable<{
        info: { lines: number }
        record: Array<string>
      }>) {
        yield { cells: record, line }
        line = info.lines + 1
      }
    } catch (error) {
      if (error instanceof InputError || !(error instanceof Error && "code" in error)) throw error
      reading.malformed(new InputError({ source: reading.source, line, reason: "a cell whose quotes are not closed" }))
    }
  }
  return { table, all: all() }
}

async function* textRows(
  rows: AsyncIterable<Row>,
  header: ReadonlyArray<string>,
  { text }: Texts,
  reading: Reading
): AsyncGenerator<RawDocument> {
  const id = header.findIndex((name) => plain(name) === "id")
  let isHeader = true
  for await (const { cells, line } of rows) {
    if (isHeader || isEmpty(cells)) {
      isHeader &&= isEmpty(cells)
      continue
    }
    if (cells.length !== header.length) {
      const reason = `${cells.length} cells, where the header has ${header.length}`
      reading.malformed(new InputError({ source: reading.source, line, reason }))
      continue
    }
    const fields: Record<string, unknown> = {}
    for (const [n, name] of header.entries()) if (n !== text && n !== id) fields[name] = cells[n]
    yield {
      line,
      id: id < 0 || cells[id] === "" ? undefined : cells[id],
      text: cells[text]!,
      fields: Object.keys(fields).length === 0 ? undefined : (fields satisfies Fields)
    }
  }
}

async function* wordRows(
  rows: AsyncIterable<Row>,
  { header }: Table,
  { sentence, tag, word }: Words,
  reading: Reading
): AsyncGenerator<RawDocument> {
  const { tagScheme: scheme, untyped } = reading.options
  let notation: Notation | undefined
  let held: Array<Row> = []
  const end = function* (): Generator<RawDocument> {
    const sentenceRows = held
    held = []
    const kept = sentenceRows.filter(({ cells }) => /\S/.test(cells[word] ?? ""))
    if (kept.length < sentenceRows.length) reading.noted("rows without a word", sentenceRows.length - kept.length)
    if (kept.length === 0) return
    const tags = kept.map(({ cells }) => cells[tag]!)
    notation ??= recogniseNotation([tags], { scheme, untyped })
    const entities = notation?.entities(tags) ?? 0
    const { cells, line } = kept[0]!
    if (typeof entities === "number") {
      const { line } = kept[entities]!
      const reason = `${JSON.stringify(tags[entities])} is no ${notation?.name ?? "known"} tag`
      const remedy = "correct it, or name the scheme or the column: --tag-scheme, --tag-column"
      return reading.malformed(new InputError({ source: reading.source, line, field: header[tag]!, reason, remedy }))
    }
    const id = sentence === undefined || cells[sentence] === "" ? undefined : cells[sentence]
    yield { line, id, words: kept.map(({ cells }) => cells[word]!), entities }
  }
  let isHeader = true
  let broken = false
  for await (const row of rows) {
    const { cells, line } = row
    if (isHeader) {
      isHeader = isEmpty(cells)
      continue
    }
    if (isEmpty(cells)) {
      if (sentence === undefined) yield* end()
      continue
    }
    const named = sentence === undefined ? "" : (cells[sentence] ?? "")
    if (held.length > 0 && named !== "" && named !== held[0]!.cells[sentence!]) yield* end()
    if (held.length === 0) broken = false
    if (cells.length !== header.length && !broken) {
      // Without one of its rows a sentence is another sentence: it is left out whole.
      broken = true
      const reason = `${cells.length} cells, where the header has ${header.length}`
      reading.malformed(new InputError({ source: reading.source, line, reason }))
    }
    held.push(row)
    if (broken) held = [{ ...row, cells: row.cells.map((cell, n) => (n === sentence ? cell : "")) }]
  }
  yield* end()
  if (notation !== undefined) reading.detail(notation.name)
}

const isEmpty = (cells: ReadonlyArray<string>): boolean => cells.length <= 1 && !/\S/.test(cells[0] ?? "")
