import { alignAll } from "@nuner/aligner"
import { type DataOptionsInput, fromSpans, InputError, type LabelledSentence, openData, wordedText } from "@nuner/core"
import { intake } from "./intake.ts"
import { sourcesOf } from "./sources.ts"

/**
 * Sentences to review, of any file: labelled ones with their entities, annotated ones with those that have a place in the text, raw text
 * with none. Entities that end inside a word grow to its edge; of such that share words the longest stays.
 *
 * @throws InputError with file and line
 */
export const readToReview = async (
  path: string,
  { data: given, say }: { readonly data?: DataOptionsInput | undefined; readonly say: (line: string) => void }
): Promise<Array<LabelledSentence>> => {
  const data: DataOptionsInput = { onCut: "expand", overlap: "longest", allowEmpty: true, ...given }
  const source = sourcesOf(path)?.[0]
  if (source === undefined) throw new InputError({ source: path, reason: "no such file", remedy: "check the path" })
  const opened = await openData(source, { ...data, flat: true })
  const { value: first } = await opened.documents.next()
  await opened.documents.return(undefined)
  const door = intake({ data, say })
  if (first?.entities !== undefined) return door.dataset(path)
  const sentences: Array<LabelledSentence> = []
  if (first?.annotations !== undefined) {
    for await (const { mentions, text } of alignAll(door.annotated(path))) {
      const spans = mentions.map(({ concept, end, start }) => ({ start, end, type: concept }))
      sentences.push(fromSpans(text, spans, { onCut: "expand", overlap: "longest" }).sentence)
    }
    return sentences
  }
  for await (const { text } of door.sentences(path)) {
    const worded = wordedText(text)
    if (worded.words.length > 0) sentences.push({ ...worded, entities: [] })
  }
  return sentences
}
