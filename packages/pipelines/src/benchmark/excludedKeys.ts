import { statSync } from "node:fs"
import { lines, sentenceKey } from "@nuner/core"
import { readDataset } from "../inputs/readDataset.ts"
import { readSentences } from "../inputs/readSentences.ts"

/** The keys of the sentences of a file or folder, whether text, JSON Lines or labelled. @throws InputError */
export const excludedKeys = async (path: string): Promise<Set<string>> => {
  const keys = new Set<string>()
  if (await isLabelled(path)) {
    for (const { words } of await readDataset(path)) keys.add(sentenceKey(words.join(" ")))
  } else for await (const { text } of readSentences(path)) keys.add(sentenceKey(text))
  return keys
}

/** JSON with words or entities; columns, which have the same number of cells in each of their first lines. */
const isLabelled = async (path: string): Promise<boolean> => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false
  if (/\.(json|parquet)(\.gz)?$/.test(path)) return true
  const cells = new Set<number>()
  let seen = 0
  for await (const { text } of lines(path)) {
    const line = text.trim()
    if (line === "" || line.startsWith("#") || line.startsWith("-DOCSTART-")) continue
    if (/\.jsonl(\.gz)?$/.test(path)) return /"(entities|words|tokens)"\s*:/.test(line)
    cells.add(line.split(/\t| +/).length)
    if (++seen === 50) break
  }
  return cells.size === 1 && !cells.has(1)
}
