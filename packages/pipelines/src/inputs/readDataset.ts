import { InputError, type LabelledSentence, readLabelled } from "@nuner/core"
import { readMarked } from "./readMarked.ts"

/**
 * A labelled dataset, by the form of its file: `.jsonl`, `.json` or `.parquet` with entities over text or words; `.marked` with entities in
 * brackets, as `nuner predict` prints them; anything else as columns of words and tags (IO, IOB1, BIO, IOBES, detected; Few-NERD's text
 * files are such columns).
 *
 * @throws InputError naming file and line, also for a file without sentences
 */
export const readDataset = async (path: string): Promise<Array<LabelledSentence>> => {
  const source = readerOf(path)(path)
  const sentences: Array<LabelledSentence> = []
  for await (const sentence of source) if (sentence.words.length > 0) sentences.push(sentence)
  if (sentences.length === 0) {
    throw new InputError({
      source: path,
      reason: "has no labelled sentences",
      remedy: "check that this is the right file"
    })
  }
  return sentences
}

const readerOf = (path: string) => {
  if (/\.(jsonl|json|parquet)(\.gz)?$/.test(path)) return readLabelled
  return /\.marked(\.gz)?$/.test(path) ? readMarked : readLabelled
}

/** The entity types of a dataset, in code-unit order. */
export const typesOf = (sentences: ReadonlyArray<LabelledSentence>): Array<string> =>
  [...new Set(sentences.flatMap(({ entities }) => entities.map(({ type }) => type)))].sort()
