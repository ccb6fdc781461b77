import { hostTurn } from "@nuner/engine"
import { type LabelledBatch, type TypeModel, typeLogits } from "./typeHead.ts"

/** How well tokens are classified. */
export interface TypeScores {
  /** Mean cross-entropy. */
  readonly loss: number
  /** Part of the tokens with the right class, `NONE` included. */
  readonly accuracy: number
  /** Over tokens and types, `NONE` left out: of those said to be of a type, the right ones. 1 where there is none. */
  readonly precision: number
  /** Of those of a type, the right ones. */
  readonly recall: number
  readonly f1: number
  readonly tokens: number
}

/** Loss and scores over batches, without dropout. */
export const validateTypes = async (
  model: TypeModel,
  batches: Iterable<LabelledBatch> | AsyncIterable<LabelledBatch>
): Promise<TypeScores> => {
  let [loss, tokens, right, predicted, gold, both] = [0, 0, 0, 0, 0, 0]
  for await (const batch of batches) {
    const matrix = typeLogits(model, batch)
    const classes = matrix.shape[1]
    const logits = matrix.dataSync()
    matrix.dispose()
    for (const [row, label] of batch.labels.entries()) {
      if (label < 0) continue
      const values = logits.subarray(row * classes, (row + 1) * classes)
      let best = 0
      for (let c = 1; c < classes; c++) if (values[c]! > values[best]!) best = c
      let sum = 0
      for (const value of values) sum += Math.exp(value - values[best]!)
      loss += Math.log(sum) + values[best]! - values[label]!
      tokens++
      if (best === label) right++
      if (best !== 0) predicted++
      if (label !== 0) gold++
      if (label !== 0 && best === label) both++
    }
    await hostTurn()
  }
  return {
    loss: loss / tokens,
    accuracy: right / tokens,
    precision: predicted === 0 ? 1 : both / predicted,
    recall: gold === 0 ? 1 : both / gold,
    f1: predicted + gold === 0 ? 1 : (2 * both) / (predicted + gold),
    tokens
  }
}
