import { InputError } from "../errors.ts"
import { isOutside, type Notation, recogniseNotation } from "../tags/notation.ts"
import type { DataOptions } from "./DataOptions.ts"
import { asWords } from "./documents.ts"
import type { Format, RawDocument } from "./Format.ts"
import { type LineBlock, lineBlocks } from "./lines.ts"
import { writeConll } from "./writeConll.ts"

/**
 * Columns, in all their kinds: a word and its tag a line, other columns between them passed over; sentences parted by blank lines, documents by
 * `-DOCSTART-`. Known are comments (`# ...`), an index column, a header row, tags before words, OntoNotes' brackets, and every way
 * to write tags of `recogniseNotation`. A row without a word is left out and counted.
 */
export const conll: Format = {
  name: "conll",
  title: "columns of words and tags, in any scheme",
  unit: "utf16",
  needs: "entities",
  flat: true,
  wordsAreFull: true,
  breadth: 1,
  endings: ["conll", "bio", "iob", "iob2", "tsv"],
  recognise: ({ lines, shape }) => shape === "text" && layoutOf(lines, {}) !== undefined,
  async *read(source, reading) {
    const { options } = reading
    const malformed: Array<InputError> = []
    const blocks = lineBlocks(source, {
      // A line that cannot be read breaks its sentence: leaving out the line alone would leave out a word.
      onMalformed: (error) => malformed.push(error)
    })
    const held: Array<LineBlock> = []
    let layout: Layout | undefined
    for (let rows = 0; rows < LOOK && layout === undefined; ) {
      const { done, value } = await blocks.next()
      if (done) break
      held.push(value)
      rows += value.texts.length
      layout = layoutOf(held.flatMap(({ texts }) => texts).slice(0, LOOK), options)
    }
    if (held.every(({ texts }) => texts.every((text) => text === undefined || isBlank(text)))) {
      for (const error of malformed) reading.malformed(error)
      return
    }
    if (layout === undefined) {
      throw new InputError({
        source: reading.source,
        reason: "has no column of tags that is recognised",
        remedy: "name the columns and the scheme: --word-column, --tag-column, --tag-scheme"
      })
    }
    const { notation, tabs, tag, width, word } = layout
    let header = layout.header
    let words: Array<string> = []
    let tags: Array<string> = []
    let lines: Array<number> = []
    let start = 0
    let id: string | undefined
    let broken: InputError | undefined
    const fail = (line: number, reason: string, remedy: string) => {
      broken ??= new InputError({ source: reading.source, line, reason, remedy })
    }
    const end = (): RawDocument | undefined => {
      const sentence = { line: start, id, words }
      const found = broken === undefined && words.length > 0 ? notation.entities(tags) : []
      if (typeof found === "number") {
        const reason = `tag: ${JSON.stringify(tags[found])} is no ${notation.name} tag`
        fail(lines[found]!, reason, "correct it, or name the scheme or the column: --tag-scheme, --tag-column")
      }
      const error = broken
      const empty = words.length === 0
      words = []
      tags = []
      lines = []
      broken = undefined
      id = undefined
      start = 0
      if (error !== undefined) reading.malformed(error)
      return error !== undefined || empty || typeof found === "number" ? undefined : { ...sentence, entities: found }
    }
    const row = (text: string, line: number) => {
      if (start === 0) start = line
      const cells = cellsOf(text, tabs)
      if (text.charCodeAt(0) === HASH && isComment(text, cells, layout)) {
        id ??= /^#\s*(?:sent_)?id\b\s*[=:]?\s*(\S+)/.exec(text)?.[1]
        return
      }
      if (header) {
        header = false
        if (isHeader(cells)) return
      }
      if (cells.length !== width) {
        const found = cells.length === 1 ? "one column" : `${cells.length} columns`
        return fail(line, `${found}, where other rows have ${width}`, "a word and its tag a line")
      }
      const form = cells[word]!
      const label = cells[tag]!
      if (isBlank(form)) return reading.noted("rows without a word")
      if (isBlank(label)) return fail(line, "no tag", "give every row a tag; O for none")
      words.push(form)
      tags.push(label)
      lines.push(line)
    }
    const all = async function* () {
      yield* held
      yield* blocks
    }
    /** Where a plain row of two columns may be read without a string for its line: nearly all of the time goes into making those. */
    const isPlain = tabs && width === 2
    for await (const block of all()) {
      const { count, number, whole } = block
      let at = 0
      let tab = -1
      for (let i = 0; i < count; i++) {
        let from = 0
        if (isPlain && whole !== undefined) {
          const found = whole.indexOf("\n", at)
          const stop = found < 0 ? whole.length : found
          if (tab < at) tab = whole.indexOf("\t", at)
          const next = tab < 0 ? -1 : whole.indexOf("\t", tab + 1)
          const first = whole.charCodeAt(at)
          const isRow = tab > at && tab + 1 < stop && (next < 0 || next > stop) && whole.charCodeAt(tab + 1) > SPACE
          from = at
          at = stop + 1
          if (isRow && !header && first > SPACE && first !== HASH && first !== DASH) {
            if (start === 0) start = number + i
            words.push(word === 0 ? whole.slice(from, tab) : whole.slice(tab + 1, stop))
            const [left, right] = tag === 0 ? [from, tab] : [tab + 1, stop]
            tags.push(right === left + 1 && whole.charCodeAt(left) === CAPITAL_O ? "O" : whole.slice(left, right))
            lines.push(number + i)
            tab = next
            continue
          }
          tab = -1
        }
        // Asked for here, and not at once: plain rows alone need no line by itself.
        const text = isPlain && whole !== undefined ? whole.slice(from, at - 1) : block.texts[i]
        if (text === undefined) {
          if (start === 0) start = number + i
          broken ??= malformed.shift()
        } else if (isBlank(text) || isDocumentStart(text)) {
          if (start === 0) continue
          const ended = end()
          if (ended !== undefined) yield ended
        } else row(text, number + i)
      }
    }
    if (start !== 0) {
      const ended = end()
      if (ended !== undefined) yield ended
    }
    reading.detail(`${width} columns, word ${word}, tag ${tag}`)
    reading.detail(notation.name)
  },
  write: (path, documents, { scheme = "BIO" }) => {
    const sentences = async function* () {
      for await (const document of documents) yield asWords(document)
    }
    return writeConll(path, sentences(), { scheme })
  }
}

const SPACE = 32
const HASH = 35
const DASH = 45
const CAPITAL_O = 79
/** Whether a line parts documents. The first character is looked at alone: there are many lines. */
const isDocumentStart = (text: string): boolean => text.charCodeAt(0) === DASH && text.startsWith("-DOCSTART-")

/** Lines that the layout is recognised by. */
const LOOK = 5000

interface Layout {
  readonly tabs: boolean
  readonly width: number
  readonly word: number
  readonly tag: number
  readonly notation: Notation
  readonly header: boolean
}

type LayoutOptions = Partial<Pick<DataOptions, "tagColumn" | "tagScheme" | "untyped" | "wordColumn">>

/** How the columns of a file are laid out, by its first lines; `undefined` where they are no columns of words and tags. */
const layoutOf = (given: ReadonlyArray<string | undefined>, options: LayoutOptions): Layout | undefined => {
  const lines = given.filter((line) => line !== undefined)
  const rows = lines.filter((line) => !isBlank(line) && !line.startsWith("-DOCSTART-"))
  const tabs = rows.filter((line) => line.includes("\t")).length * 2 > rows.length
  const split = rows.map((line) => cellsOf(line, tabs))
  const width = mostFrequent(split.map((cells) => cells.length).filter((count) => count > 1))
  if (width === undefined) return undefined
  const full = split.filter((cells) => cells.length === width)
  const data = rows.filter((row) => !row.startsWith("#")).length
  const header = full[0] !== undefined && isHeader(full[0]) ? full[0] : undefined
  const body = header === undefined ? full : full.slice(1)
  const sentences = sentencesOf(lines, tabs, width, header !== undefined)
  const { tagColumn, tagScheme, untyped = "entity", wordColumn } = options
  const known = [tagColumn, wordColumn].some((given) => given !== undefined) || tagScheme !== undefined
  if (!known && full.length < data * 0.6) return undefined
  const column = (given: number | string | undefined, names: ReadonlySet<string>): number | undefined => {
    if (typeof given === "number") return given < 0 ? width + given : given
    const at = header?.findIndex((name) => (given === undefined ? names.has(plain(name)) : name === given))
    return at === undefined || at < 0 ? undefined : at
  }
  const tag = column(tagColumn, tagNames) ?? (tagColumn === undefined ? tagColumnOf(body, width) : undefined)
  if (tag === undefined || tag < 0 || tag >= width) return undefined
  const named = column(wordColumn, wordNames)
  const word = named ?? (wordColumn === undefined ? wordColumnOf(body, width, tag) : undefined)
  if (word === undefined || word < 0 || word >= width) return undefined
  const tags = sentences.map((cells) => cells.map((row) => row[tag]!))
  const notation = recogniseNotation(tags, { scheme: tagScheme, untyped })
  if (notation === undefined) return undefined
  return { tabs, width, word, tag, notation, header: header !== undefined }
}

const cellsOf = (line: string, tabs: boolean): Array<string> =>
  tabs ? tabbed(line) : line.replace(/^[ \t]+|[ \t]+$/g, "").split(/[ \t]+/)

/** As `split` does it; two columns, which most files have, faster. */
const tabbed = (line: string): Array<string> => {
  const at = line.indexOf("\t")
  return at >= 0 && line.indexOf("\t", at + 1) < 0 ? [line.slice(0, at), line.slice(at + 1)] : line.split("\t")
}

/** The rows of each sentence. */
const sentencesOf = (lines: ReadonlyArray<string>, tabs: boolean, width: number, header: boolean) => {
  const sentences: Array<Array<Array<string>>> = [[]]
  for (const line of lines) {
    if (isBlank(line) || line.startsWith("-DOCSTART-")) sentences.push([])
    else {
      const cells = cellsOf(line, tabs)
      if (cells.length === width) sentences.at(-1)!.push(cells)
    }
  }
  if (header) sentences.find((rows) => rows.length > 0)?.shift()
  return sentences
}

/** CoNLL-2012 has the entities in its eleventh column, and brackets in others, too. */
const CONLL_2012 = 10

/** The column of tags: the last where it is one, else the first, else the only one. */
const tagColumnOf = (rows: ReadonlyArray<ReadonlyArray<string>>, width: number): number | undefined => {
  const are = (at: number) => rows.length > 0 && areTags(rows.map((cells) => cells[at]!))
  if (width > CONLL_2012 + 1 && rows.every((cells) => /^[(*]/.test(cells[CONLL_2012]!)) && are(CONLL_2012))
    return CONLL_2012
  if (are(width - 1)) return width - 1
  if (are(0)) return 0
  const others = Array.from({ length: width - 2 }, (_, n) => n + 1).filter(are)
  return others.length === 1 ? others[0] : undefined
}

const tagLike = /^(?:[BIESLU][-_]\S.*|\S.*[-_][BIESLU]|[BIESLU]|(?:\([^\s()*]+)*\*?\)*)$/

/** Whether a column's values are tags: nearly all have a prefix, a suffix or brackets, or types among a good many outsides. */
const areTags = (values: ReadonlyArray<string>): boolean => {
  const inside = values.filter((value) => !isOutside(value))
  const outsides = values.length - inside.length
  if (inside.length === 0) return values.some((value) => value === "O" || value === "o" || value === "*")
  const share = inside.filter((value) => tagLike.test(value)).length / inside.length
  if (share >= 0.9 && (outsides > 0 || inside.some((value) => value.length > 1))) return true
  const types = inside.every((value) => /^[^\s()*]*\p{L}[^\s()*]*$/u.test(value))
  return types && outsides >= values.length * 0.2
}

/** The column of words: behind the columns of numbers that count, else the first that holds no tags. */
const wordColumnOf = (rows: ReadonlyArray<ReadonlyArray<string>>, width: number, tag: number): number => {
  const isNumbers = (at: number) => rows.every((cells) => /^\d+(?:[-.]\d+)?$/.test(cells[at]!))
  for (let at = Math.min(width, 4) - 2; at >= 0; at--) {
    if (at !== tag && at + 1 !== tag && isNumbers(at)) return at + 1
  }
  return tag === 0 ? 1 : 0
}

const wordNames = new Set(["word", "words", "token", "tokens", "form", "text", "surface"])
const tagNames = new Set([
  "tag",
  "tags",
  "label",
  "labels",
  "ner",
  "ner_tag",
  "ner_tags",
  "bio",
  "iob",
  "entity",
  "entities"
])
const otherNames = new Set(["id", "index", "idx", "pos", "lemma", "chunk", "xpos", "upos", "feats", "head", "deprel"])

const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_")

/** Whether a row names columns: one of words, one of tags, and nothing unheard of. */
const isHeader = (cells: ReadonlyArray<string>): boolean => {
  const names = cells.map(plain)
  return (
    names.some((name) => wordNames.has(name)) &&
    names.some((name) => tagNames.has(name)) &&
    names.every((name) => wordNames.has(name) || tagNames.has(name) || otherNames.has(name))
  )
}

/** A line that starts with # may be a word and its tag, or be about the sentence. */
const isComment = (text: string, cells: ReadonlyArray<string>, { notation, tabs, tag, width }: Layout): boolean =>
  cells.length !== width || (!tabs && /^#\s*[\w.-]+\s*[=:]\s/.test(text)) || !notation.isTag(cells[tag]!)

const mostFrequent = (values: ReadonlyArray<number>): number | undefined => {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0]
}

const isBlank = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code !== 32 && code !== 9) return false
  }
  return true
}
