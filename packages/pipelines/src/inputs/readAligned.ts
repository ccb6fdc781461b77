import { AlignedSentence, InputError, readJsonl } from "@nuner/core"

/** Aligned sentences, all in memory. @throws InputError naming file and line, also for an empty file */
export const readAligned = async (path: string): Promise<Array<AlignedSentence>> => {
  const sentences: Array<AlignedSentence> = []
  for await (const sentence of readJsonl(path, AlignedSentence)) sentences.push(sentence)
  if (sentences.length === 0) {
    throw new InputError({ source: path, reason: "has no sentences", remedy: "give the output of `nuner align`" })
  }
  return sentences
}
