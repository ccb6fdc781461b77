import { beforeAll, describe, expect, test } from "bun:test"
import { rng } from "@nuner/core"
import { tf } from "@nuner/engine"
import { classifySpans, filterThreshold, prototypes, typeAwareLoss, typeScores, type Vectors } from "@nuner/tadner"
import { testEngine } from "@nuner/testing"

beforeAll(async () => {
  await testEngine()
})

const vectors = (rows: number, width: number, seed: string): Vectors => {
  const random = rng(seed)
  return { rows, width, values: Float32Array.from({ length: rows * width }, () => random.normal()) }
}
const row = (v: Vectors, i: number): Array<number> => [...v.values.subarray(i * v.width, (i + 1) * v.width)]
const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0)

/** The formula, written out a second time without tensors, in doubles. */
const plainLoss = (
  h: ReadonlyArray<ReadonlyArray<number>>,
  u: ReadonlyArray<ReadonlyArray<number>>,
  y: ReadonlyArray<number>
): number => {
  const s = h.map((hi, i) => h.map((hj, j) => dot(u[y[i]!]!, hj) + dot(hi, u[y[j]!]!)))
  const columns = h.map((_, j) => Math.max(Math.hypot(...s.map((line) => line[j]!)), 1e-12))
  let loss = 0
  for (let i = 0; i < h.length; i++) {
    const z = s[i]!.map((value, j) => value / columns[j]! / 0.05)
    const top = Math.max(...z)
    const logSum = top + Math.log(z.reduce((sum, value) => sum + Math.exp(value - top), 0))
    for (let j = 0; j < h.length; j++) if (y[i] === y[j]) loss -= (z[j]! - logSum) / h.length
  }
  return loss
}

describe("typeAwareLoss", () => {
  const golden = { h: [[1, 0], [0, 1], [1, 1]], u: [[1, 1], [1, -1]], y: [0, 0, 1] } // biome-ignore format: a matrix

  test("golden value of the specification", () => {
    const before = tf.memory().numTensors
    const words = tf.tensor2d(golden.h)
    const types = tf.tensor2d(golden.u)
    const loss = typeAwareLoss(words, types, Int32Array.from(golden.y))
    expect(loss.dataSync()[0]!).toBeCloseTo(11.052759, 4)
    tf.dispose([words, types, loss])
    expect(tf.memory().numTensors).toBe(before)
  })

  test("equals the formula written out without tensors, and its gradient the finite differences of that", () => {
    const h = vectors(7, 5, "h")
    const u = vectors(3, 5, "u")
    const y = [0, 1, 2, 0, 1, 1, 2]
    const rowsOf = (v: Vectors) => Array.from({ length: v.rows }, (_, i) => row(v, i))
    const words = tf.tensor2d(h.values, [7, 5])
    const types = tf.tensor2d(u.values, [3, 5])
    const { value, grads } = tf.valueAndGrads((a, b) =>
      typeAwareLoss(a as typeof words, b as typeof types, Int32Array.from(y))
    )([words, types])
    expect(value.dataSync()[0]!).toBeCloseTo(plainLoss(rowsOf(h), rowsOf(u), y), 3)
    const [dWords, dTypes] = grads.map((gradient) => gradient.dataSync())
    const step = 1e-5
    const nudge = (v: Vectors, k: number, by: number): Array<Array<number>> => {
      const lines = rowsOf(v)
      lines[Math.floor(k / v.width)]![k % v.width]! += by
      return lines
    }
    for (let k = 0; k < h.values.length; k++) {
      const slope =
        (plainLoss(nudge(h, k, step), rowsOf(u), y) - plainLoss(nudge(h, k, -step), rowsOf(u), y)) / (2 * step)
      expect(Math.abs(dWords![k]! - slope)).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)))
    }
    for (let k = 0; k < u.values.length; k++) {
      const slope =
        (plainLoss(rowsOf(h), nudge(u, k, step), y) - plainLoss(rowsOf(h), nudge(u, k, -step), y)) / (2 * step)
      expect(Math.abs(dTypes![k]! - slope)).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)))
    }
    tf.dispose([words, types, value, ...grads])
  })

  test("refuses labels that do not match the words", () => {
    const words = tf.zeros([2, 3]) as ReturnType<typeof tf.tensor2d>
    expect(() => typeAwareLoss(words, words, Int32Array.of(0))).toThrow("2 word vectors for 1 labels")
    words.dispose()
  })
})

describe("prototypes, scores, threshold and filter", () => {
  const spans = vectors(9, 4, "spans")
  const labels = Int32Array.of(0, 1, 2, 0, 1, 2, 0, 0, 1)
  const names = vectors(3, 4, "names")

  test("prototypes are class means with columns of unit length", () => {
    const p = prototypes(spans, labels, 3)
    const means = [0, 1, 2].map((c) => {
      const of = [...labels.keys()].filter((i) => labels[i] === c)
      return [0, 1, 2, 3].map((j) => of.reduce((sum, i) => sum + row(spans, i)[j]!, 0) / of.length)
    })
    for (let j = 0; j < 4; j++) {
      const length = Math.hypot(...means.map((mean) => mean[j]!))
      for (let c = 0; c < 3; c++) expect(row(p, c)[j]!).toBeCloseTo(means[c]![j]! / length, 5)
    }
  })

  test("a type without a span keeps a zero row", () => {
    expect(row(prototypes(spans, labels, 4), 3)).toEqual([0, 0, 0, 0])
  })

  test("scores, threshold and filter agree with the formulas", () => {
    const p = prototypes(spans, labels, 3)
    const g = typeScores(spans, names, p)
    for (let i = 0; i < 9; i++) {
      for (let c = 0; c < 3; c++) {
        expect(g[i * 3 + c]!).toBeCloseTo(dot(row(names, c), row(spans, i)) + dot(row(p, c), row(spans, i)), 4)
      }
    }
    const threshold = filterThreshold(spans, labels, names)
    expect(threshold).toBeCloseTo(Math.min(...[...labels].map((c, i) => dot(row(spans, i), row(names, c)))), 4)
    const plain = classifySpans(g, 3, { threshold: 0 })
    plain.forEach((span, i) => {
      const line = [...g.subarray(i * 3, i * 3 + 3)]
      expect(span.type).toBe(line.indexOf(Math.max(...line)))
      expect(span.kept).toBe(Math.max(...line) / 2 > 0)
    })
  })

  test("the transductive switch can change the type, never the filter", () => {
    const g = Float32Array.of(3, 2, 30, 1)
    const inductive = classifySpans(g, 2, { threshold: 2 })
    const transductive = classifySpans(g, 2, { threshold: 2, normaliseOverSpans: true })
    expect(inductive.map((span) => span.type)).toEqual([0, 0])
    expect(transductive.map((span) => span.type)).toEqual([1, 0])
    expect(transductive.map((span) => span.kept)).toEqual([false, true])
  })

  test("an episode without predicted spans gives no entities", () => {
    expect(classifySpans(new Float32Array(0), 3, { threshold: 0 })).toEqual([])
  })
})
