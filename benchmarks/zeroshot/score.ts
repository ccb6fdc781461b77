import type { LabelledSentence } from "@nuner/core"
import { bootstrap, countEntities, countWords, scores } from "@nuner/metrics"
import type { ZeroShotModel } from "@nuner/zeroshot"
import { type Dataset, MISC } from "./datasets.ts"

/** What a model reaches on a dataset, all of whose types are asked for at once. F1 and its like in percent. */
export interface Scored {
  readonly model: string
  readonly dataset: string
  /** Whether "miscellaneous" is among the types. */
  readonly misc: boolean
  readonly threshold?: number
  readonly sentences: number
  readonly entityF1: number
  /** 95 %, by sentence. */
  readonly interval: readonly [number, number]
  readonly precision: number
  readonly recall: number
  readonly wordF1: number
  readonly types: Readonly<Record<string, { readonly f1: number; readonly support: number }>>
}

const percent = (value: number): number => Number((100 * value).toFixed(1))

/** @param threshold default: the model's own */
export const score = async (
  name: string,
  model: ZeroShotModel,
  { dataset, misc }: { readonly dataset: Dataset; readonly misc: boolean },
  sentences: ReadonlyArray<LabelledSentence>,
  threshold?: number
): Promise<Scored> => {
  const types = Object.entries(dataset.names).filter(([type]) => misc || type !== MISC)
  const asked = new Set(types.map(([type]) => type))
  const gold = sentences.map((one) => ({ ...one, entities: one.entities.filter(({ type }) => asked.has(type)) }))
  const read = types.map(([name, read]) => ({ name, read: read.toLowerCase() }))
  const { entities } = await model.predictWords(gold, read, { threshold })
  const predicted = entities.map((found) => ({ entities: found }))
  const counts = countEntities(gold, predicted)
  const { micro, types: byType } = scores(counts)
  const { high, low } = bootstrap({ counts, metric: "microF1", seed: 0 })
  return {
    ...{ model: name, dataset: dataset.name, misc, sentences: gold.length },
    ...(threshold !== undefined && { threshold }),
    entityF1: percent(micro.f1),
    interval: [percent(low), percent(high)],
    precision: percent(micro.precision),
    recall: percent(micro.recall),
    wordF1: percent(scores(countWords(gold, predicted)).micro.f1),
    types: Object.fromEntries(
      Object.entries(byType).map(([type, { f1, support }]) => [type, { f1: percent(f1), support }])
    )
  }
}
