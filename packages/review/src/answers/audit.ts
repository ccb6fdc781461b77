import type { Entity } from "@nuner/core"
import { bootstrap, countEntities } from "@nuner/metrics"
import type { Rate, State } from "../protocol.ts"

/** An interval of given annotations against answers, by sentence. */
export const rate = (
  given: ReadonlyArray<{ readonly entities: ReadonlyArray<Entity> }>,
  answers: ReadonlyArray<{ readonly entities: ReadonlyArray<Entity> }>,
  metric: "microF1" | "microPrecision" | "microRecall"
): Rate => {
  const { estimate, high, low } = bootstrap({ counts: countEntities(answers, given), metric, seed: 0 })
  return { value: estimate, low, high }
}

/**
 * What given annotations are worth: those that the answers keep are right, what the answers have beside them is missing.
 *
 * @param given what stood there, by answered sentence
 * @param goal annotations to look at
 */
export const audit = (
  given: ReadonlyArray<{ readonly entities: ReadonlyArray<Entity> }>,
  answers: ReadonlyArray<{ readonly entities: ReadonlyArray<Entity> }>,
  goal: number
): State["audit"] => {
  if (answers.length === 0) return undefined
  const counts = countEntities(answers, given)
  const sum = (column: Int32Array) => column.reduce((all, n) => all + n, 0)
  return {
    goal,
    annotations: sum(counts.predicted),
    precision: rate(given, answers, "microPrecision"),
    missing: sum(counts.gold) - sum(counts.correct),
    recall: rate(given, answers, "microRecall")
  }
}
