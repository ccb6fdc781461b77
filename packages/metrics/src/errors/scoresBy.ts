import type { Entity } from "@nuner/core"
import { checkPaired, distinct, has, type WithEntities, type WithWords } from "../counts/Labelled.ts"
import { type Score, score } from "../scores/scores.ts"

/** Exact scores of the entities of one bucket. */
export interface BucketScore extends Score {
  readonly bucket: string
}

/**
 * Exact scores by a property of an entity's words: gold entities and predictions fall into the bucket of their own words.
 *
 * @param bucketOf index into `buckets` of an entity's words
 * @throws InputError
 */
export const scoresBy = (
  gold: ReadonlyArray<WithWords>,
  predicted: ReadonlyArray<WithEntities>,
  buckets: ReadonlyArray<string>,
  bucketOf: (words: ReadonlyArray<string>) => number
): Array<BucketScore> => {
  checkPaired(gold, predicted)
  const sums = buckets.map(() => ({ correct: 0, predicted: 0, gold: 0 }))
  gold.forEach(({ entities, words }, i) => {
    const sumOf = ({ end, start }: Entity) => sums[bucketOf(words.slice(start, end))]!
    const right = distinct(entities)
    for (const entity of right) sumOf(entity).gold++
    for (const entity of distinct(predicted[i]!.entities)) {
      const sum = sumOf(entity)
      sum.predicted++
      if (has(right, entity)) sum.correct++
    }
  })
  return buckets.map((bucket, b) => ({
    bucket,
    ...score(sums[b]!.correct, sums[b]!.predicted, sums[b]!.gold)
  }))
}

/** By the number of an entity's words. @throws InputError */
export const scoresByLength = (
  gold: ReadonlyArray<WithWords>,
  predicted: ReadonlyArray<WithEntities>
): Array<BucketScore> =>
  scoresBy(gold, predicted, ["1", "2", "3", "4", "5 or more"], (words) => Math.min(words.length, 5) - 1)

/** By how often an entity's words, whatever their case, are an entity of the training data. @throws InputError */
export const scoresByFrequency = (
  gold: ReadonlyArray<WithWords>,
  predicted: ReadonlyArray<WithEntities>,
  train: ReadonlyArray<WithWords>
): Array<BucketScore> => {
  const keyOf = (words: ReadonlyArray<string>) => words.join(" ").toLowerCase()
  const counts = new Map<string, number>()
  for (const { entities, words } of train) {
    for (const { end, start } of entities) {
      const key = keyOf(words.slice(start, end))
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return scoresBy(gold, predicted, ["0", "1", "2 to 4", "5 to 9", "10 or more"], (words) => {
    const count = counts.get(keyOf(words)) ?? 0
    return count < 2 ? count : count < 5 ? 2 : count < 10 ? 3 : 4
  })
}
