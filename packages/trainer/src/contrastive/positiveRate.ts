import { InputError } from "@nuner/core"
import type { EpochPlan } from "@nuner/engine"
import type { ContrastiveBatch } from "./ContrastiveBatch.ts"

/** The batches by which the positive rate is measured before training. */
const RATE_BATCHES = 20

/**
 * Part of the cells that are positive, over the first batches of an epoch that have a concept; at most a half.
 *
 * @throws InputError where none has
 */
export const positiveRateOf = async (
  plan: EpochPlan,
  batch: (numbers: Int32Array, index: number) => Promise<ContrastiveBatch | undefined>
): Promise<number> => {
  let positives = 0
  let cells = 0
  for (let i = 0, measured = 0; i < plan.perEpoch && measured < RATE_BATCHES; i++) {
    const targets = (await batch(plan.batch(i), i))?.targets
    if (targets === undefined) continue
    measured++
    positives += targets.positives.tokens.length
    cells += targets.cells
  }
  if (positives === 0) {
    const remedy = "check that mentions are offsets into their sentence's text"
    throw new InputError({ source: "sentences", reason: "no sub-token of them is labelled", remedy })
  }
  return Math.min(0.5, positives / cells)
}
