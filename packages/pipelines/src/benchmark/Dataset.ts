import { type LabelledSentence, sentenceKey } from "@nuner/core"
import { datasetHash, InfeasibleError, mineSets, mineWordSets, pool, sampleSentences } from "@nuner/miner"
import { readDataset, typesOf } from "../inputs/readDataset.ts"
import type { Definition } from "./Definition.ts"
import { setsOf, sizesOf, unitOf } from "./decodeDefinition.ts"
import { excludedKeys } from "./excludedKeys.ts"

/** A mined training set. */
export interface TrainingSet {
  readonly size: number
  /** Its number among the sets of its size. */
  readonly set: number
  /** Where its sentences stand in the training data. */
  readonly indexes: ReadonlyArray<number>
  /** In a set of `words`, each has the words to leave out of the loss. */
  readonly sentences: ReadonlyArray<LabelledSentence & { readonly ignored?: ReadonlyArray<number> }>
}

/** What a dataset is, and what was done to it. */
export interface DatasetReport {
  readonly name: string
  /** Of the training data, sorted. */
  readonly types: ReadonlyArray<string>
  /** Types of the test set that the training data never has: they count as missed. */
  readonly unseen: ReadonlyArray<string>
  readonly trainSentences: number
  /** Scored on. */
  readonly testSentences: number
  /** File -> test sentences removed because they stand in it (each counted once, in the first that has it). */
  readonly removed: Readonly<Record<string, number>>
  /** Test sentences that were not drawn, with `testSize`. */
  readonly notDrawn: number
  /** Sizes of which the data allows no set, and why. */
  readonly infeasible: ReadonlyArray<{ readonly size: number; readonly reason: string }>
}

export interface Dataset extends DatasetReport {
  readonly train: ReadonlyArray<LabelledSentence>
  readonly test: ReadonlyArray<LabelledSentence>
  readonly sets: ReadonlyArray<TrainingSet>
  readonly trainHash: string
  readonly testHash: string
}

/** Reads the datasets of a definition, one at a time, and mines their training sets. @throws InputError */
export async function* readDatasets(definition: Definition): AsyncGenerator<Dataset> {
  const excluded = new Map<string, Promise<Set<string>>>()
  const keysOf = (path: string) => excluded.getOrInsertComputed(path, () => excludedKeys(path))
  const { exclude, seed, testSize } = definition
  for (const [name, files] of Object.entries(definition.datasets)) {
    const train = (await Promise.all([files.train].flat().map((file) => readDataset(file)))).flat()
    const all = await readDataset(files.test)
    const removed: Record<string, number> = {}
    let kept = all
    for (const file of new Set([...files.exclude, ...exclude])) {
      const keys = await keysOf(file)
      const before = kept.length
      kept = kept.filter(({ words }) => !keys.has(sentenceKey(words.join(" "))))
      removed[file] = before - kept.length
    }
    const test = testSize === undefined ? kept : sampleSentences({ sentences: kept, size: testSize, seed })
    const types = typesOf(train)
    const sentences = pool(train)
    yield {
      ...{ name, types, train, test, removed },
      unseen: typesOf(test).filter((type) => !types.includes(type)),
      trainSentences: train.length,
      testSentences: test.length,
      notDrawn: kept.length - test.length,
      ...mine(sentences, definition),
      trainHash: sentences.hash,
      testHash: datasetHash(test)
    }
  }
}

const mine = (sentences: ReturnType<typeof pool>, definition: Definition): Pick<Dataset, "sets" | "infeasible"> => {
  const { seed } = definition
  const sets: Array<TrainingSet> = []
  const infeasible: Array<DatasetReport["infeasible"][number]> = []
  for (const size of sizesOf(definition)) {
    const count = setsOf(definition, size)
    try {
      const mined =
        unitOf(definition) === "k"
          ? mineSets({ sentences, k: size, sets: count, seed })
          : mineWordSets({ sentences, words: size, sets: count, seed })
      for (const [set, { indexes, sentences }] of mined.entries()) sets.push({ size, set, indexes, sentences })
    } catch (error) {
      if (!(error instanceof InfeasibleError)) throw error
      infeasible.push({ size, reason: error.message })
    }
  }
  return { sets, infeasible }
}
