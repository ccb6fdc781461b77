import { InputError } from "../errors.ts"
import type { LabelledSentence } from "../schema/LabelledSentence.ts"
import { irregularTags, schemeDetector } from "../tags/detectScheme.ts"
import { fromTags, strayTag } from "../tags/fromTags.ts"
import type { Scheme } from "../tags/Scheme.ts"
import { toTags } from "../tags/toTags.ts"
import { type ColumnOptions, columnSentences, type TaggedSentence } from "./columns.ts"
import { report } from "./Malformed.ts"
import { canReread, type Source, sourceName } from "./Source.ts"

export interface ConllOptions extends ColumnOptions {
  /** How tags write entities. "detect" reads the tags of the whole source first. Default "detect". */
  readonly scheme?: Scheme | "detect"
  /** Sentences carry the ids `ids-0`, `ids-1`, ...; without it they carry none. The number counts what was left out, too. */
  readonly ids?: string
  /** Told of each tag that its scheme would write otherwise. Its entity is kept, as conlleval reads it. */
  readonly onIrregular?: (error: InputError) => void
}

/**
 * A NER dataset in columns: a word a line with its tag, sentences parted by blank lines, documents by `-DOCSTART-`; parted by tabs or
 * spaces, other columns between them passed over. Tags of every scheme, read as conlleval reads them (see `fromTags`).
 *
 * @throws InputError with the line of a row that has other columns than the first, no word, or a tag of no scheme; with
 * `onMalformed`, its sentence is left out instead.
 */
export async function* readConll(source: Source, options: ConllOptions = {}): AsyncGenerator<LabelledSentence> {
  const name = sourceName(source)
  const { scheme: asked = "detect" } = options
  const held = asked === "detect" && !canReread(source) ? await hold(source, options) : undefined
  const scheme =
    asked !== "detect" ? asked : await detect(held ?? columnSentences(source, { ...options, onMalformed: () => {} }))
  for await (const sentence of held ?? columnSentences(source, options)) {
    const { words, tags, line, index } = sentence
    const entities = fromTags(tags, scheme)
    if (entities === undefined) {
      const at = strayTag(tags, scheme)
      const remedy = asked === "detect" ? "name the scheme and the tag's column" : "name another scheme or tag column"
      const reason = `${JSON.stringify(tags[at])} is no ${scheme} tag`
      report(options, new InputError({ source: name, line: line + at, field: "tag", reason, remedy }))
      continue
    }
    if (options.onIrregular !== undefined) {
      const written = toTags(entities, tags.length, scheme)
      for (const at of irregularTags(tags, scheme)) {
        const reason = `${tags[at]} where ${scheme} writes ${written[at]}`
        options.onIrregular(new InputError({ source: name, line: line + at, field: "tag", reason }))
      }
    }
    yield options.ids === undefined ? { words, entities } : { id: `${options.ids}-${index}`, words, entities }
  }
}

/** The scheme of a source's tags. @throws InputError as `readConll` does */
export const detectScheme = (source: Source, options: ColumnOptions = {}): Promise<Scheme> =>
  detect(columnSentences(source, options))

const detect = async (sentences: Iterable<TaggedSentence> | AsyncIterable<TaggedSentence>): Promise<Scheme> => {
  const detector = schemeDetector()
  for await (const { tags } of sentences) detector.add(tags)
  return detector.detect()
}

/** A source that can be read once only has to be held in memory to be looked at twice. */
const hold = async (source: Source, options: ColumnOptions): Promise<Array<TaggedSentence>> => {
  const sentences: Array<TaggedSentence> = []
  for await (const sentence of columnSentences(source, options)) sentences.push(sentence)
  return sentences
}
