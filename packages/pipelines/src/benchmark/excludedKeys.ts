import { type DataOptions, sentenceKey } from "@nuner/core"
import { readSentences } from "../inputs/readSentences.ts"

/** The keys of the sentences of a file or folder, whether text or labelled. @throws InputError */
export const excludedKeys = async (path: string, data?: DataOptions): Promise<Set<string>> => {
  const keys = new Set<string>()
  for await (const { text } of readSentences(path, { data })) keys.add(sentenceKey(text))
  return keys
}
