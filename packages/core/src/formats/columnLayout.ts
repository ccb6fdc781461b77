import { isOutside, type Notation, recogniseNotation } from "../tags/notation.ts"
import type { DataOptions } from "./DataOptions.ts"

/** Which columns of a file are words and which are tags, and how the tags are written. */
export interface Layout {
  readonly tabs: boolean
  readonly width: number
  readonly word: number
  readonly tag: number
  readonly notation: Notation
  readonly header: boolean
}

type LayoutOptions = Partial<Pick<DataOptions, "tagColumn" | "tagScheme" | "untyped" | "wordColumn">>

/** How the columns of a file are laid out, by its first lines; `undefined` where they are no columns of words and tags. */
export const layoutOf = (given: ReadonlyArray<string | undefined>, options: LayoutOptions): Layout | undefined => {
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

export const cellsOf = (line: string, tabs: boolean): Array<string> =>
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
export const isHeader = (cells: ReadonlyArray<string>): boolean => {
  const names = cells.map(plain)
  return (
    names.some((name) => wordNames.has(name)) &&
    names.some((name) => tagNames.has(name)) &&
    names.every((name) => wordNames.has(name) || tagNames.has(name) || otherNames.has(name))
  )
}

/** A line that starts with # may be a word and its tag, or be about the sentence. */
export const isComment = (
  text: string,
  cells: ReadonlyArray<string>,
  { notation, tabs, tag, width }: Layout
): boolean => cells.length !== width || (!tabs && /^#\s*[\w.-]+\s*[=:]\s/.test(text)) || !notation.isTag(cells[tag]!)

const mostFrequent = (values: ReadonlyArray<number>): number | undefined => {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0]
}

export const isBlank = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code !== 32 && code !== 9) return false
  }
  return true
}
