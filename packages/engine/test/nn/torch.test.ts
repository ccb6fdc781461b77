import { test } from "bun:test"
import { close, testEngine } from "@nuner/testing"
import {
  attention,
  contrastiveBce,
  crossEntropy,
  embedding,
  gelu,
  layerNorm,
  linear,
  linearCrossEntropy,
  softmax,
  tf
} from "../../src/index.ts"
import reference from "../fixtures/reference.json" with { type: "json" }
import { bceWithLogits } from "../lib/bceWithLogits.ts"
import { wave } from "../lib/wave.ts"

await testEngine()

interface Case {
  readonly value: Array<number>
  readonly gradients: Array<Array<number>>
}
const as2 = (x: tf.Tensor | undefined) => x as tf.Tensor2D
const as3 = (x: tf.Tensor | undefined) => x as tf.Tensor3D

/** Value and gradients against PyTorch, and that no tensor is left over. */
const agrees = (
  name: string,
  expected: Case,
  f: (...xs: Array<tf.Tensor>) => tf.Tensor,
  inputs: () => Array<tf.Tensor>
): void => {
  test(`${name} agrees with PyTorch in value and gradients`, () => {
    tf.tidy(() => {
      const xs = inputs()
      const y = f(...xs)
      close(y.dataSync(), expected.value, 2e-6)
      const weigh = (y: tf.Tensor) => (y.size === 1 ? y : tf.sum(tf.mul(y, wave(y.shape, 9))))
      const gradients = tf.grads((...args: Array<tf.Tensor>) => weigh(f(...args)))(xs)
      gradients.forEach((gradient, i) => {
        close(gradient.dataSync(), expected.gradients[i]!, 5e-6)
      })
    })
  })
}

const targets = { tokens: new Int32Array([5, 0, 0, 2]), concepts: new Int32Array([2, 2, 1, 0]) }
const tokenMask = [1, 1, 1, 1, 0, 1]
const ignored = { tokens: new Int32Array([0, 3]), concepts: new Int32Array([0, 1]) }
const labels = new Int32Array([2, 0, -100, 1, 2, 0])

agrees(
  "linear",
  reference.linear,
  (x, kernel, bias) => linear(x!, kernel!, bias),
  () => [wave([2, 3, 4], 1), wave([4, 5], 2), wave([5], 3)]
)
agrees(
  "embedding",
  reference.embedding,
  (table) => embedding(table!, new Int32Array([3, 0, 3, 1, 3])),
  () => [wave([5, 2], 1)]
)
agrees(
  "layer norm",
  reference.layerNorm,
  (x, gamma, beta) => layerNorm(x!, gamma!, beta!, 1e-5),
  () => [wave([2, 3, 4], 1), wave([4], 2), wave([4], 3)]
)
agrees(
  "gelu",
  reference.gelu,
  (x) => gelu(x!),
  () => [wave([12], 1, 3)]
)
agrees(
  "softmax",
  reference.softmax,
  (x) => softmax(x!),
  () => [wave([3, 5], 1, 2)]
)
for (const maxScores of [2 ** 23, 9]) {
  agrees(
    `attention of at most ${maxScores} scores`,
    reference.attention,
    (q, k, v) => attention(as3(q), as3(k), as3(v), { heads: 2, mask: [1, 1, 0, 1, 1, 1], maxScores }),
    () => [1, 2, 3].map((phase) => wave([2, 3, 4], phase))
  )
}
agrees(
  "sparse binary cross-entropy",
  reference.bce,
  (z) => bceWithLogits(as2(z), targets, { tokenWeights: tokenMask, ignored }),
  () => [wave([6, 3], 1, 4)]
)
agrees(
  "binary cross-entropy with weighted positives",
  reference.weightedBce,
  (z) => bceWithLogits(as2(z), targets, { tokenWeights: tokenMask, ignored, positiveWeight: 3 }),
  () => [wave([6, 3], 1, 4)]
)
for (const maxLogits of [2 ** 22, 6, 1]) {
  agrees(
    `contrastive loss of at most ${maxLogits} logits, with learned scale and bias`,
    reference.contrastive,
    (h, u, scale, bias) =>
      contrastiveBce({ h: as2(h), u: as2(u), scale: scale!, bias: bias! }, targets, {
        tokenWeights: tokenMask,
        ignored,
        maxLogits
      }),
    () => [wave([6, 4], 1), wave([3, 4], 2), tf.scalar(0.7), tf.scalar(-2)]
  )
}
agrees(
  "cross-entropy",
  reference.crossEntropy,
  (z) => crossEntropy(as2(z), labels),
  () => [wave([6, 4], 1, 3)]
)
agrees(
  "cross-entropy with class weights",
  reference.weightedCrossEntropy,
  (z) => crossEntropy(as2(z), labels, { weights: [1, 2, 0.5, 1.5] }),
  () => [wave([6, 4], 1, 3)]
)
for (const maxLogits of [2 ** 25, 8]) {
  agrees(
    `linear cross-entropy of at most ${maxLogits} logits`,
    reference.linearCrossEntropy,
    (h, u, bias) => linearCrossEntropy({ h: as2(h), u: as2(u), bias: bias! }, labels, { maxLogits }),
    () => [wave([6, 5], 1), wave([4, 5], 2), wave([4], 3)]
  )
}
