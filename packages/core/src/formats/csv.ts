import { InputError } from "../errors.ts"
import { type Notation, recogniseNotation } from "../tags/notation.ts"
import type { Fields, Format, RawDocument, Reading } from "./Format.ts"
import {
  bodyRows,
  hasTableName,
  isEmpty,
  plain,
  rowError,
  type Table,
  type TableRow,
  type Texts,
  tableOf,
  tableRows,
  type Words
} from "./table.ts"

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
    if (shape === "binary") return false
    const table = tableOf(lines, {})
    if (table === undefined) return false
    // Lists in its cells are for a format that knows what they say.
    if (shape === "json") return "perhaps"
    if (table.kind !== undefined) return true
    // Columns of unheard-of names are a table all the same: it is refused, and never read as prose.
    const isTable = hasTableName(name) ? table.header.length > 1 : table.even
    return isTable && "perhaps"
  },
  async *read(source, reading) {
    const { table, all } = await tableRows(source, reading)
    if (table?.kind === undefined) throw unknownColumns(table?.header ?? [], reading)
    reading.detail(`columns ${table.header.map((name) => JSON.stringify(name)).join(", ")}`)
    yield* table.kind.type === "texts"
      ? textRows(all, table.header, table.kind, reading)
      : wordRows(all, table, table.kind, reading)
  }
}

const unknownColumns = (header: ReadonlyArray<string>, { source }: Reading): InputError =>
  new InputError({
    source,
    line: 1,
    reason: `a table of ${header.map((name) => JSON.stringify(name)).join(", ")}: none is known to hold texts, or words and tags`,
    remedy: "name them: --text-column, or --word-column and --tag-column"
  })

async function* textRows(
  rows: AsyncIterable<TableRow>,
  header: ReadonlyArray<string>,
  { text }: Texts,
  reading: Reading
): AsyncGenerator<RawDocument> {
  const id = header.findIndex((name) => plain(name) === "id")
  for await (const { cells, line } of bodyRows(rows, header, reading)) {
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
  rows: AsyncIterable<TableRow>,
  { header }: Table,
  { sentence, tag, word }: Words,
  reading: Reading
): AsyncGenerator<RawDocument> {
  const { tagScheme: scheme, untyped } = reading.options
  let notation: Notation | undefined
  let held: Array<TableRow> = []
  // Of the sentence that is held: its name, and whether one of its rows cannot be used. Without that row it is another sentence: it is left out whole.
  let [name, broken] = ["", false]
  const end = function* (): Generator<RawDocument> {
    const sentenceRows = broken ? [] : held
    held = []
    name = ""
    broken = false
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
  // Whether each row says its sentence, and whether the last row did not say it, since it cannot be read.
  let [filled, lost] = [false, false]
  for await (const row of rows) {
    const { cells, error: unreadable } = row
    if (isHeader) {
      isHeader = isEmpty(cells)
      continue
    }
    if (isEmpty(cells)) {
      if (sentence === undefined) yield* end()
      continue
    }
    const named = sentence === undefined || unreadable !== undefined ? "" : (cells[sentence] ?? "")
    const isNext = held.length > 0 && named !== "" && named !== name
    filled ||= held.length > 0 && named !== "" && named === name
    if (isNext) yield* end()
    if (isNext && lost && filled) {
      // It may have been the first of this one.
      broken = true
      reading.noted("sentences behind a row that cannot be read left out")
    }
    const error = rowError(row, header, reading)
    if (error !== undefined && !broken) {
      broken = true
      reading.malformed(error)
    }
    lost = unreadable !== undefined
    if (named !== "") name = named
    held.push(row)
  }
  yield* end()
  if (notation !== undefined) reading.detail(notation.name)
}
