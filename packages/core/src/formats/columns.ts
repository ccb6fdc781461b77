import { InputError } from "../errors.ts"
import { lines } from "./lines.ts"
import { type Malformed, report } from "./Malformed.ts"
import { type Source, sourceName } from "./Source.ts"

export interface ColumnOptions extends Malformed {
  /** Which column holds the word, from 0; negative counts from the end. Default 0. */
  readonly wordColumn?: number
  /** Which column holds the tag. Default -1, the last. */
  readonly tagColumn?: number
}

/** The rows between two blank lines. Row `i` stands on line `line + i`. */
export interface TaggedSentence {
  readonly words: Array<string>
  readonly tags: Array<string>
  readonly line: number
  /** Counts the sentences of the source from 0, malformed ones included. */
  readonly index: number
}

/**
 * The sentences of a file of columns. When the first row holds a tab, rows are parted at tabs, otherwise at runs of spaces; a line of spaces and tabs
 * only is blank; a `-DOCSTART-` row ends a sentence and is no word.
 */
export async function* columnSentences(source: Source, options: ColumnOptions = {}): AsyncGenerator<TaggedSentence> {
  const { wordColumn = 0, tagColumn = -1 } = options
  const name = sourceName(source)
  let tabs: boolean | undefined
  let width: number | undefined
  let index = 0
  let broken: InputError | undefined
  let sentence: TaggedSentence | undefined
  const end = (): TaggedSentence | undefined => {
    const ended = broken === undefined ? sentence : undefined
    if (broken !== undefined) report(options, broken)
    broken = undefined
    sentence = undefined
    return ended
  }
  // A line that cannot be read breaks its sentence: leaving out the line alone would leave out a word.
  const onMalformed =
    options.onMalformed &&
    ((error: InputError) => {
      broken ??= error
    })
  for await (const { text, number } of lines(source, { onMalformed })) {
    if (isBlank(text) || text.startsWith("-DOCSTART-")) {
      const ended = end()
      if (ended !== undefined) yield ended
      continue
    }
    sentence ??= { words: [], tags: [], line: number, index: index++ }
    tabs ??= text.includes("\t")
    const row = tabs ? text.split("\t") : text.replace(/^[ \t]+|[ \t]+$/g, "").split(/[ \t]+/)
    const word = row.at(wordColumn)
    const tag = row.at(tagColumn)
    width ??= row.length
    broken ??= fault(name, number, row, width, word, tag)
    sentence.words.push(word ?? "")
    sentence.tags.push(tag ?? "")
  }
  const ended = end()
  if (ended !== undefined) yield ended
}

const fault = (
  source: string,
  line: number,
  row: ReadonlyArray<string>,
  width: number,
  word: string | undefined,
  tag: string | undefined
): InputError | undefined => {
  const fail = (reason: string, remedy: string) => new InputError({ source, line, reason, remedy })
  if (row.length < 2) return fail("one column, where a word and its tag should stand", "part columns by tabs or spaces")
  if (row.length !== width)
    return fail(`${row.length} columns, where the first row has ${width}`, "a word and its tag a line")
  if (word === undefined || tag === undefined)
    return fail(`no such column in a row of ${width}`, "check wordColumn and tagColumn")
  if (isBlank(word)) return fail("no word", "give every row a word")
  if (isBlank(tag)) return fail("no tag", "give every row a tag; O for none")
  return undefined
}

const isBlank = (text: string): boolean => /^[ \t]*$/.test(text)
