import { InputError } from "../errors.ts"
import { cellsOf, isBlank, isComment, isHeader, type Layout, layoutOf } from "./columnLayout.ts"
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
  reads: ["wordColumn", "tagColumn", "tagScheme", "untyped"],
  title: "columns of words and tags, in any scheme",
  unit: "utf16",
  needs: "entities",
  flat: true,
  tags: true,
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
    let start = 0
    /** Of each line of the sentence that holds no word, the words before it. */
    let without: Array<number> = []
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
        fail(
          start + found + without.filter((before) => before <= found).length,
          reason,
          "correct it, or name the scheme or the column: --tag-scheme, --tag-column"
        )
      }
      const error = broken
      const empty = words.length === 0
      words = []
      tags = []
      without = []
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
        without.push(words.length)
        id ??= /^#\s*(?:sent_)?id\b\s*[=:]?\s*(\S+)/.exec(text)?.[1]
        return
      }
      if (header) {
        header = false
        if (isHeader(cells)) {
          without.push(words.length)
          return
        }
      }
      if (cells.length !== width) {
        const found = cells.length === 1 ? "one column" : `${cells.length} columns`
        return fail(line, `${found}, where other rows have ${width}`, "a word and its tag a line")
      }
      const form = cells[word]!
      const label = cells[tag]!
      if (isBlank(form)) {
        without.push(words.length)
        return reading.noted("rows without a word")
      }
      if (isBlank(label)) return fail(line, "no tag", "give every row a tag; O for none")
      words.push(form)
      tags.push(label)
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
