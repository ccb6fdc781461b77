import { type Counts, type DataOptions, type LabelledSentence, sentenceKey, typesIn } from "@nuner/core"
import { datasetHash, sampleSentences } from "@nuner/miner"
import { type IntakeOptions, intake } from "../inputs/intake.ts"
import { zeroShotTypes } from "../inputs/readTypeNames.ts"
import { bareCeiling } from "./bareCeiling.ts"
import type { Definition } from "./Definition.ts"
import { sizesOf, unitOf } from "./decodeDefinition.ts"
import { excludedKeys } from "./excludedKeys.ts"
import { type MinedSizes, mineSizes, type TrainingSet } from "./TrainingSet.ts"

/** What a dataset is, and what was done to it. */
export interface DatasetReport extends Pick<MinedSizes, "infeasible"> {
  readonly name: string
  /** Of the training data, sorted, or those that the definition names. */
  readonly types: ReadonlyArray<string>
  /** Types of the test set that the training data never has: they count as missed. */
  readonly unseen: ReadonlyArray<string>
  /** The entity F1 that a perfect labeller would reach with one class a type, on training and test data. */
  readonly bareCeiling: number
  /** Of the files of training and test data. */
  readonly records: Counts
  readonly trainSentences: number
  /** Scored on. */
  readonly testSentences: number
  /** File -> test sentences removed because they stand in it (each counted once, in the first that has it). */
  readonly removed: Readonly<Record<string, number>>
  /** Test sentences that were not drawn, with `testSize`. */
  readonly notDrawn: number
}

export interface Dataset extends DatasetReport {
  readonly train: ReadonlyArray<LabelledSentence>
  readonly test: ReadonlyArray<LabelledSentence>
  readonly sets: ReadonlyArray<TrainingSet>
  /** Types as they are read by their names. */
  readonly named: ReadonlyArray<{ readonly name: string; readonly read: string }>
  readonly trainHash: string
  readonly testHash: string
}

/** Reads the datasets of a definition, one at a time, and mines their training sets. @throws InputError */
export async function* readDatasets(
  definition: Definition,
  reading: Pick<IntakeOptions, "say" | "out"> = {}
): AsyncGenerator<Dataset> {
  const excluded = new Map<string, Promise<Set<string>>>()
  const keysOf = (path: string, data?: DataOptions) =>
    excluded.getOrInsertComputed(JSON.stringify([path, data]), () => excludedKeys(path, data))
  const { exclude, sampler, seed, sets, testSize } = definition
  for (const [name, files] of Object.entries(definition.datasets)) {
    const door = intake({ ...reading, data: files.data })
    const train = (await Promise.all([files.train].flat().map(door.dataset))).flat()
    const all = await door.dataset(files.test)
    const removed: Record<string, number> = {}
    let kept = all
    for (const file of new Set([...files.exclude, ...exclude])) {
      const keys = await keysOf(file, files.exclude.includes(file) ? files.data : undefined)
      const before = kept.length
      kept = kept.filter(({ words }) => !keys.has(sentenceKey(words.join(" "))))
      removed[file] = before - kept.length
    }
    const drawn = testSize === undefined ? kept : sampleSentences({ sentences: kept, size: testSize, seed })
    const test = files.types === undefined ? drawn : drawn.map(onlyOf(new Set(files.types)))
    const types = files.types ?? typesIn(train)
    yield {
      ...{ name, types, train, test, removed, records: door.counts() },
      unseen: typesIn(test).filter((type) => !types.includes(type)),
      bareCeiling: bareCeiling([...train, ...test]),
      trainSentences: train.length,
      testSentences: test.length,
      notDrawn: kept.length - test.length,
      named: await zeroShotTypes(types, files.typeNames),
      ...mineSizes({
        ...{
          sentences: train,
          unit: unitOf(definition),
          sizes: sizesOf(definition),
          sets,
          seed,
          sampler,
          types: files.types
        }
      }),
      trainHash: datasetHash(train),
      testHash: datasetHash(test)
    }
  }
}

const onlyOf =
  (types: ReadonlySet<string>) =>
  (sentence: LabelledSentence): LabelledSentence => ({
    ...sentence,
    entities: sentence.entities.filter(({ type }) => types.has(type))
  })
