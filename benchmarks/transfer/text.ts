import { type Sentence, sentenceKey, writeJsonl } from "@nuner/core"
import { readDataset, readSentences } from "@nuner/pipelines"
import { five, only, tests as testSets } from "./datasets.ts"
import type { Experiment } from "./Experiment.ts"

/**
 * The text that a base is made from, from nothing: the raw text and the training sentences of the evaluation datasets, without every
 * sentence that also stands in a test set.
 */
export const writeText = async (experiment: Experiment, out: string): Promise<void> => {
  const datasets = only(testSets(experiment), five)
  const tests = new Set<string>()
  for (const { test } of Object.values(datasets)) {
    for (const { words } of await readDataset(test)) tests.add(sentenceKey(words.join(" ")))
  }
  const sentences: Array<Sentence> = []
  const removed: Record<string, number> = {}
  const add = (source: string, text: string) => {
    if (tests.has(sentenceKey(text))) removed[source] = (removed[source] ?? 0) + 1
    else sentences.push({ id: `${source}-${sentences.length}`, text })
  }

  for (const name of ["c4-1000-documents.jsonl", "masc.txt", "us-presidents.txt", "abc-news.txt"]) {
    for await (const { text } of readSentences(experiment.data("text", name))) add(name, text)
  }
  for (const [name, { train }] of Object.entries(datasets)) {
    for (const file of [train].flat()) for (const { words } of await readDataset(file)) add(name, words.join(" "))
  }

  await writeJsonl(out, sentences)
  const words = sentences.reduce((sum, { text }) => sum + text.split(/\s+/).length, 0)
  console.log(
    `${sentences.length} texts, ${words} words; removed because a test set has them: ${JSON.stringify(removed)}`
  )
}
