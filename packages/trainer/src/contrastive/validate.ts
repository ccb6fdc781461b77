import { hostTurn, tf } from "@nuner/engine"
import type { ContrastiveBatch } from "./ContrastiveBatch.ts"
import { type ContrastiveModel, logitHead } from "./ContrastiveModel.ts"
import { type ContrastiveScores, retrievalCounter } from "./retrieval.ts"

/** Loss and retrieval metrics over batches, without dropout; every cell of the loss counts, and counts alike. */
export const validateContrastive = async (
  model: ContrastiveModel,
  batches: Iterable<ContrastiveBatch> | AsyncIterable<ContrastiveBatch>
): Promise<ContrastiveScores> => {
  const counter = retrievalCounter()
  for await (const batch of batches) {
    addLogits(counter, model, batch)
    await hostTurn()
  }
  return counter.result()
}

/** Counts every cell of the loss with its logit. */
const addLogits = (
  counter: ReturnType<typeof retrievalCounter>,
  model: ContrastiveModel,
  batch: ContrastiveBatch
): void => {
  const { ignored, positives, shape, tokenMask } = batch.targets
  const concepts = shape[2]
  const matrix = tf.tidy(() => {
    const { h, u, scale = 1, bias = 0 } = logitHead(model, batch)
    return tf.add(tf.mul(tf.matMul(h, u, false, true), scale), bias)
  })
  const logits = matrix.dataSync() // outside of tidy, which would walk the array
  matrix.dispose()
  const kind = new Uint8Array(logits.length) // 0 negative, 1 positive, 2 not in the loss
  ignored.tokens.forEach((token, i) => {
    kind[token * concepts + ignored.concepts[i]!] = 2
  })
  positives.tokens.forEach((token, i) => {
    kind[token * concepts + positives.concepts[i]!] = 1
  })
  for (let token = 0; token < tokenMask.length; token++) {
    if (tokenMask[token] === 0) continue
    for (let at = token * concepts; at < (token + 1) * concepts; at++) {
      if (kind[at] !== 2) counter.add(logits[at]!, kind[at] === 1)
    }
  }
}
