import { type Entity, InputError } from "@nuner/core"
import { checkPaired, has, type WithEntities } from "../counts/Labelled.ts"

/** Predictions with probabilities that they are right. */
export interface WithScores {
  readonly entities: ReadonlyArray<Entity & { readonly score: number }>
}

export interface Reliability {
  /** Bins of equal width over [0, 1] that hold a prediction: how sure they are on average, and how often they are right. */
  readonly bins: ReadonlyArray<{
    readonly from: number
    readonly to: number
    readonly count: number
    readonly score: number
    readonly precision: number
  }>
  /** Expected calibration error over predicted entities: the gap between the two, weighted by the bins' counts. 0 without predictions. */
  readonly error: number
}

/**
 * How far the probabilities of predicted entities can be trusted (Guo et al. 2017, with exact entities in place of classes).
 *
 * @throws InputError where a score is no probability, or the sides differ in number
 */
export const reliability = (
  gold: ReadonlyArray<WithEntities>,
  predicted: ReadonlyArray<WithScores>,
  bins = 10
): Reliability => {
  checkPaired(gold, predicted)
  const sums = Array.from({ length: bins }, () => ({ count: 0, score: 0, right: 0 }))
  predicted.forEach(({ entities }, i) => {
    for (const entity of entities) {
      if (!(entity.score >= 0 && entity.score <= 1)) throw noProbability(i, entity.score)
      const sum = sums[Math.min(bins - 1, Math.floor(entity.score * bins))]!
      sum.count++
      sum.score += entity.score
      if (has(gold[i]!.entities, entity)) sum.right++
    }
  })
  const total = sums.reduce((all, { count }) => all + count, 0)
  return {
    bins: sums.flatMap(({ count, right, score }, bin) =>
      count === 0
        ? []
        : [{ from: bin / bins, to: (bin + 1) / bins, count, score: score / count, precision: right / count }]
    ),
    error: sums.reduce((sum, { right, score }) => sum + Math.abs(score - right), 0) / Math.max(1, total)
  }
}

const noProbability = (sentence: number, score: number): InputError =>
  new InputError({
    source: "predicted",
    field: `[${sentence}].entities`,
    reason: `the score ${score} is no probability`,
    remedy: "give numbers from 0 to 1"
  })
