import { sentenceKey } from "@nuner/core"
import { readSentences } from "../inputs/readSentences.ts"

/** The keys of the sentences of a file or folder, whether text or labelled. @throws InputError */
export const excludedKeys = async (path: string): Promise<Set<string>> => {
  const keys = new Set<string>()
  for await (const { text } of readSentences(path)) keys.add(sentenceKey(text))
  return keys
}
