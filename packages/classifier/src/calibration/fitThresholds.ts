import type { Entity } from "@nuner/core"
import type { ScoredEntity } from "../predict/decode.ts"

/** The least score at which an entity of a type is told. A type that is not named has none. */
export type Thresholds = Readonly<Record<string, number>>

/**
 * The threshold of each type with the best exact F1 on sentences that the model was not trained on: half way between the last score that stays
 * and the first that goes. Of equals the lowest. A type whose best is to leave nothing out, or that gold lacks, gets none.
 */
export const fitThresholds = (
  gold: ReadonlyArray<ReadonlyArray<Entity>>,
  predicted: ReadonlyArray<ReadonlyArray<ScoredEntity>>
): Thresholds => {
  const byType = new Map<string, Array<{ readonly score: number; readonly right: boolean }>>()
  const support = new Map<string, number>()
  for (const [i, entities] of predicted.entries()) {
    for (const { type } of gold[i]!) support.set(type, (support.get(type) ?? 0) + 1)
    for (const { end, score, start, type } of entities) {
      const right = gold[i]!.some((entity) => entity.start === start && entity.end === end && entity.type === type)
      const known = byType.get(type) ?? []
      byType.set(type, known)
      known.push({ score, right })
    }
  }
  const thresholds: Array<[string, number]> = []
  for (const [type, found] of [...byType].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const wanted = support.get(type)
    if (wanted === undefined) continue
    found.sort((a, b) => b.score - a.score)
    let [right, best, kept] = [0, 0, 0]
    for (const [i, one] of found.entries()) {
      if (one.right) right++
      // Entities of one score stay or go together.
      if (found[i + 1]?.score === one.score) continue
      const f1 = (2 * right) / (i + 1 + wanted)
      if (f1 >= best) [best, kept] = [f1, i + 1]
    }
    if (best > 0 && kept < found.length) thresholds.push([type, (found[kept - 1]!.score + found[kept]!.score) / 2])
  }
  return Object.fromEntries(thresholds)
}
