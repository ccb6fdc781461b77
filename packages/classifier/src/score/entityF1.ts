import type { Entity } from "@nuner/core"

export interface EntityScore {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/**
 * Micro precision, recall and F1 of exact (start, end, type) over all sentences (NuNER, section 6). 0 where nothing is
 * found or there.
 */
export const entityMicroF1 = (
  truth: ReadonlyArray<ReadonlyArray<Entity>>,
  predicted: ReadonlyArray<ReadonlyArray<Entity>>
): EntityScore => {
  let [gold, found, hits] = [0, 0, 0]
  for (const [i, entities] of truth.entries()) {
    const keys = new Set(entities.map(keyOf))
    gold += keys.size
    found += predicted[i]!.length
    for (const entity of predicted[i]!) if (keys.has(keyOf(entity))) hits++
  }
  const precision = found === 0 ? 0 : hits / found
  const recall = gold === 0 ? 0 : hits / gold
  return { precision, recall, f1: gold + found === 0 ? 0 : (2 * hits) / (gold + found) }
}

const keyOf = ({ start, end, type }: Entity): string => `${start} ${end} ${type}`
