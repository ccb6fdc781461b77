import { describe, expect, test } from "bun:test"
import { close, leakCheck, testEngine } from "@nuner/testing"
import {
  type ContrastiveOptions,
  contrastiveBce,
  crossEntropy,
  EngineError,
  linearCrossEntropy,
  type SparseTargets,
  tf,
  variableGrads
} from "../../src/index.ts"
import { bceWithLogits } from "../lib/bceWithLogits.ts"
import { wave, waveValues } from "../lib/wave.ts"

await testEngine()

const cells = (...pairs: Array<[number, number]>): SparseTargets => ({
  tokens: Int32Array.from(pairs, ([token]) => token),
  concepts: Int32Array.from(pairs, ([, concept]) => concept)
})
const z = (rows = 4, columns = 3, amplitude = 4) => wave([rows, columns], 1, amplitude) as tf.Tensor2D

test("an ignored cell has no gradient, a masked token none at all", async () => {
  await leakCheck(() => {
    const logits = tf.tidy(() => tf.variable(z()))
    const options = { tokenWeights: [1, 0, 1, 1], ignored: cells([0, 0], [2, 2]) }
    const { value, grads } = variableGrads(
      () => bceWithLogits(logits as tf.Tensor as tf.Tensor2D, cells([0, 1], [1, 1]), options),
      { logits }
    )
    const zeros = [...grads.logits!.dataSync()].flatMap((g, cell) => (g === 0 ? [cell] : []))
    expect(zeros).toEqual([0, 3, 4, 5, 8])
    value.dispose()
    grads.logits!.dispose()
    logits.dispose()
  })
})

test("a token's weight is its part of the sum; the mean is over all cells that have one", async () => {
  await leakCheck(() => {
    const logits = tf.tidy(() => tf.variable(z()))
    const matrix = logits as tf.Tensor as tf.Tensor2D
    const [targets, ignored] = [cells([0, 1], [1, 1], [2, 0]), cells([0, 0], [1, 2])]
    const run = (tokenWeights: ReadonlyArray<number>) => {
      const { value, grads } = variableGrads(
        () => bceWithLogits(matrix, targets, { tokenWeights, ignored, positiveWeight: 3 }),
        { logits }
      )
      const out = { loss: value.dataSync()[0]!, gradient: [...grads.logits!.dataSync()] }
      tf.dispose([value, grads])
      return out
    }
    // One row at a time, times the cells that it has of all ten.
    const alone = [0, 1, 2, 3].map((row) => run([0, 1, 2, 3].map((other) => (other === row ? 1 : 0))))
    const counts = [2, 2, 3, 3]
    const weights = [0.5, 2, 1, 0.1]
    const whole = run(weights)
    const part = (row: number) => (weights[row]! * counts[row]!) / 10
    close([whole.loss], [alone.reduce((sum, { loss }, row) => sum + part(row) * loss, 0)], 1e-6)
    close(
      whole.gradient,
      whole.gradient.map((_, cell) => alone.reduce((sum, { gradient }, row) => sum + part(row) * gradient[cell]!, 0)),
      1e-6
    )
    logits.dispose()
  })
})

test("extreme logits give finite losses and gradients", () => {
  const logits = tf.tidy(() => tf.variable(tf.tensor2d([1000, -1000, 0, 50], [2, 2])))
  const { value, grads } = variableGrads(
    () => bceWithLogits(logits as tf.Tensor as tf.Tensor2D, cells([0, 1], [1, 1])),
    { logits }
  )
  close(value.dataSync(), [(1000 + 1000 + Math.LN2) / 4], 1e-3)
  close(grads.logits!.dataSync(), [0.25, -0.25, 0.125, 0], 1e-6)
  for (const tensor of [value, grads.logits!, logits]) tensor.dispose()
})

test("the telemetry of sparse targets, counted by hand", async () => {
  await leakCheck(async () => {
    const values = waveValues(12, 1, 14)
    const positive = [1, 8, 9]
    const ignored = 0
    const masked = [3, 4, 5]
    const counted = [...values.keys()].filter((cell) => cell !== ignored && !masked.includes(cell))
    const mean = (cells: Array<number>) => cells.reduce((sum, cell) => sum + values[cell]!, 0) / cells.length
    const expected = {
      positiveRate: 3 / 8,
      positiveLogit: mean(positive),
      negativeLogit: mean(counted.filter((cell) => !positive.includes(cell))),
      saturated: counted.filter((cell) => Math.abs(values[cell]!) > 10).length / 8
    }
    expect(expected.saturated).toBeGreaterThan(0)
    const h = tf.tensor2d(values, [4, 3])
    const identity = tf.eye(3)
    for (const maxLogits of [100, 3]) {
      const got: Record<string, number | Promise<number>> = {}
      const report: ContrastiveOptions["report"] = (name, value) => {
        got[name] = value
      }
      contrastiveBce({ h, u: identity }, cells([0, 1], [3, 0], [2, 2]), {
        tokenWeights: [1, 0, 1, 1],
        ignored: cells([0, 0]),
        maxLogits,
        report
      }).dispose()
      expect(Object.keys(got)).toEqual(Object.keys(expected))
      close(await Promise.all(Object.values(got)), Object.values(expected), 1e-5)
    }
    h.dispose()
    identity.dispose()
  })
})

test("scale and offset given as numbers are those of the logits, in value and gradients", async () => {
  const [h, u] = [tf.variable(wave([5, 4], 1)), tf.variable(wave([3, 4], 2))]
  const [tokens, concepts] = [h as tf.Tensor as tf.Tensor2D, u as tf.Tensor as tf.Tensor2D]
  const targets = cells([0, 1], [4, 2])
  for (const [scale, bias] of [
    [0.25, 1],
    [1, 0],
    [2, -3]
  ] as const) {
    const logits = () => tf.add(tf.mul(tf.matMul(tokens, concepts, false, true), scale), bias) as tf.Tensor2D
    const plain = variableGrads(() => bceWithLogits(logits(), targets), { h, u })
    const made = variableGrads(() => contrastiveBce({ h: tokens, u: concepts, scale, bias }, targets), { h, u })
    close(made.value.dataSync(), plain.value.dataSync(), 1e-6)
    for (const name of ["h", "u"]) close(made.grads[name]!.dataSync(), plain.grads[name]!.dataSync(), 1e-6)
    for (const { grads, value } of [plain, made]) tf.dispose([value, ...Object.values(grads)])
  }
  tf.dispose([h, u])
})

test("the logits of the contrastive loss stay within the bound, forward and backward", async () => {
  const [tokens, concepts, width, maxLogits] = [512, 128, 8, 4096]
  const h = tf.variable(wave([tokens, width], 1))
  const u = tf.variable(wave([concepts, width], 2))
  const head = { h: h as tf.Tensor as tf.Tensor2D, u: u as tf.Tensor as tf.Tensor2D, scale: 0.2 }
  const targets = cells([0, 1], [100, 7], [511, 127])
  const before = tf.memory().numBytes
  const { peakBytes } = await tf.profile(() => {
    const { value, grads } = variableGrads(() => contrastiveBce(head, targets, { maxLogits }), { h, u })
    for (const tensor of [value, ...Object.values(grads)]) tensor.dispose()
  })
  const vectors = 4 * width * (tokens + concepts)
  // A few chunks, and the gradients of h and u: once as parts, once joined, once scaled.
  expect(peakBytes - before).toBeLessThan(8 * 4 * maxLogits + 4 * vectors)
  expect(4 * tokens * concepts).toBeGreaterThan(8 * 4 * maxLogits + 4 * vectors)
  h.dispose()
  u.dispose()
})

test("a loss that is not differentiated makes no gradients", async () => {
  const [h, u] = [wave([64, 4], 1) as tf.Tensor2D, wave([32, 4], 2) as tf.Tensor2D]
  const { kernels } = await tf.profile(() => contrastiveBce({ h, u }, cells([0, 1])).dispose())
  expect(kernels.filter(({ name }) => name === "BatchMatMul").length).toBe(1)
  h.dispose()
  u.dispose()
})

describe("bad targets are refused by name", () => {
  const bce =
    (targets: SparseTargets, options = {}) =>
    () =>
      tf.tidy(() => bceWithLogits(z(), targets, options))
  const ce =
    (labels: Array<number>, options = {}) =>
    () =>
      tf.tidy(() => crossEntropy(z(), Int32Array.from(labels), options))
  const cases: Array<[string, () => unknown, RegExp]> = [
    ["a concept outside", bce(cells([0, 0], [1, 3])), /targets: cell 1 is \(1, 3\) in a matrix \[4, 3\]/],
    ["a token outside", bce(cells([-1, 0])), /\(-1, 0\)/],
    ["lists that do not pair up", bce({ tokens: new Int32Array(2), concepts: new Int32Array(1) }), /do not pair up/],
    ["a cell twice", bce(cells([0, 1], [2, 2], [0, 1])), /cell \(0, 1\) is listed twice/],
    ["a cell positive and ignored", bce(cells([0, 1]), { ignored: cells([0, 1]) }), /listed twice/],
    ["a mask of another length", bce(cells(), { tokenWeights: [1] }), /1 entries for 4 tokens/],
    ["nothing to learn from", bce(cells(), { tokenWeights: [0, 0, 0, 0] }), /over no cells/],
    ["a label outside", ce([0, 1, 2, 3]), /labels\[3\] is 3, not in 0\.\.2/],
    ["a missing label", ce([0, 1, 2]), /3 labels for 4 rows/],
    ["weights of another length", ce([0, 1, 2, 0], { weights: [1] }), /1 weights for 3 classes/],
    ["only ignored labels", ce([-100, -100, -100, -100]), /no row counts/],
    [
      "widths that differ",
      () => tf.tidy(() => linearCrossEntropy({ h: z(4, 3), u: z(4, 2) }, new Int32Array(4))),
      /h \[4,3\] and u \[4,2\]/
    ]
  ]
  for (const [name, f, reason] of cases) {
    test(name, () => {
      expect(f).toThrow(EngineError)
      expect(f).toThrow(reason)
    })
  }
})
