import { OutputError } from "../errors.ts"
import { type Rows, writeLines } from "../files/writers.ts"
import type { LabelledSentence } from "../schema/LabelledSentence.ts"
import { isOutside } from "../tags/notation.ts"
import type { Scheme } from "../tags/Scheme.ts"
import { merged, overlap, toTags } from "../tags/toTags.ts"

export interface WriteConllOptions {
  /** Default "BIO". */
  readonly scheme?: Scheme
  /** Between word and tag. Default "\t". */
  readonly separator?: "\t" | " "
}

/**
 * Writes a word and its tag a line, and a blank line after each sentence, atomically. `openData` reads the same words and entities back;
 * ids and running text are not kept (`writeJsonl` keeps all).
 *
 * @returns the number of sentences
 * @throws OutputError for what the format cannot hold: a sentence without words, overlapping entities, neighbours of one type under
 * "bare" or "IO", a word that is empty or holds a separator or a line break.
 */
export const writeConll = (
  path: string,
  sentences: Rows<LabelledSentence>,
  options: WriteConllOptions = {}
): Promise<number> => {
  const { scheme = "BIO", separator = "\t" } = options
  let index = 0
  return writeLines(path, sentences, (sentence) => {
    const { words, entities, id = `sentence ${index}` } = sentence
    index++
    const fail = (reason: string, remedy: string): never => {
      throw new OutputError({ path, reason: `${id}: ${reason}`, remedy })
    }
    if (words.length === 0) fail("has no words", "leave it out")
    const twice = overlap(entities)
    if (twice !== undefined) fail(`entity ${shown(twice)} overlaps another`, "write JSONL, or keep one of them")
    const twin = scheme === "bare" || scheme === "IO" ? merged(entities) : undefined
    if (twin !== undefined) fail(`${scheme} would merge entity ${shown(twin)} into its neighbour`, "write BIO")
    const outside = scheme === "bare" ? entities.find(({ type }) => isOutside(type)) : undefined
    if (outside !== undefined) fail(`bare tags cannot tell the type ${outside.type} from no entity`, "write BIO")
    const tags = toTags(entities, words.length, scheme)
    return words
      .map((word, i) => {
        // A space parts columns only in lines without a tab, but would be trimmed away at the ends of such a line.
        const illegal = separator === "\t" ? /[\t\n\r]|^ *$/ : /[ \t\n\r]|^$/
        if (illegal.test(word) || word.startsWith("-DOCSTART-"))
          fail(`columns cannot hold the word ${JSON.stringify(word)}`, "write JSONL")
        if (illegal.test(tags[i]!)) fail(`columns cannot hold the tag ${JSON.stringify(tags[i])}`, "rename the type")
        return `${word}${separator}${tags[i]}\n`
      })
      .join("")
  })
}

const shown = ({ start, end, type }: { start: number; end: number; type: string }) => `${start}..${end} ${type}`
