import { beforeAll, describe, expect, test } from "bun:test"
import { type Parameters, tf } from "@nuner/engine"
import { testEngine } from "@nuner/testing"
import { greedy, spanCandidates, tokenCandidates } from "@nuner/zeroshot"
import { biLstm } from "../src/heads/biLstm.ts"
import { type CellLossOptions, cellLoss } from "../src/heads/cellLoss.ts"
import { spanLogits } from "../src/heads/spanHead.ts"
import { tokenLogits } from "../src/heads/tokenHead.ts"

// Numbers of two independent implementations (numpy and GLiNER's torch modules) over f(shape, s)[n] = 0.5 sin(0.9 n + s).

beforeAll(testEngine)

const f = (shape: ReadonlyArray<number>, s: number): tf.Tensor => {
  const size = shape.reduce((product, side) => product * side, 1)
  return tf.tensor(
    Float32Array.from({ length: size }, (_, n) => 0.5 * Math.sin(0.9 * n + s)),
    [...shape]
  )
}
const D = 4
const linear = (name: string, inputs: number, outputs: number, s: number, bias = s + 0.1) => ({
  // Files have kernels as [out, in].
  [`${name}.weight`]: tf.transpose(f([outputs, inputs], s)),
  [`${name}.bias`]: f([outputs], bias)
})
const network = (name: string, inputs: number, middle: number, outputs: number, s: number) => ({
  ...linear(`${name}.0`, inputs, middle, s),
  ...linear(`${name}.3`, middle, outputs, s + 0.2)
})
const at = "span_rep_layer.span_rep_layer"
const marker = () => ({
  ...network(`${at}.project_start`, D, 2 * D, D, 1),
  ...network(`${at}.project_end`, D, 2 * D, D, 2),
  ...linear(`${at}.out_project`, 2 * D, D, 3),
  ...network("prompt_rep_layer", D, 4 * D, D, 4)
})
const markerV0 = () => ({
  ...network(`${at}.project_start`, D, 4 * D, D, 5),
  ...network(`${at}.project_end`, D, 4 * D, D, 6),
  ...network(`${at}.out_project`, 2 * D, 4 * D, D, 7),
  ...network("prompt_rep_layer", D, 4 * D, D, 4)
})
const token = () => ({
  ...linear("scorer.proj_token", D, 2 * D, 8),
  ...linear("scorer.proj_label", D, 2 * D, 8.2),
  ...network("scorer.out_mlp", 3 * D, 4 * D, 3, 8.4)
})
const words = () => tf.expandDims(f([3, D], 0.1), 0) as tf.Tensor3D
const types = () => tf.expandDims(f([2, D], 0.2), 0) as tf.Tensor3D
const read = (compute: () => tf.Tensor): Array<number> => Array.from(tf.tidy(() => compute().dataSync()))
const near = (found: ReadonlyArray<number>, wanted: ReadonlyArray<number>, digits = 5) => {
  expect(found.length).toBe(wanted.length)
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, digits)
}
const given = (parameters: Record<string, tf.Tensor>) => parameters as unknown as Parameters

describe("heads", () => {
  test("marker", () => {
    const z = read(() => spanLogits(given(marker()), "marker", words(), types(), 2))
    near(
      z.slice(0, 10),
      [0.982828, 1.018126, 0.856625, 0.888106, 0.516121, 0.536099, 0.412522, 0.429057, 0.810412, 0.840693]
    )
  })

  test("width 1 is the same head with one span a word", () => {
    const z = read(() => spanLogits(given(marker()), "marker", words(), types(), 1))
    near(z, [0.982828, 1.018126, 0.516121, 0.536099, 0.810412, 0.840693])
  })

  test("markerV0", () => {
    const z = read(() => spanLogits(given(markerV0()), "markerV0", words(), types(), 2))
    near(
      z.slice(0, 10),
      [0.078403, 0.100584, 0.175087, 0.203492, -0.334308, -0.334981, 0.417054, 0.463405, 0.406555, 0.452432]
    )
  })

  test("token level", () => {
    const z = read(() => tokenLogits(given(token()), words(), types()))
    near([...z.slice(0, 3), ...z.slice(-3)], [1.225571, -0.516196, -1.110994, 1.794601, -1.004057, -1.426514])
  })

  test("BiLSTM; what stands behind a row's last word has no effect on it", () => {
    const direction = (suffix: string, s: number) => ({
      [`rnn.lstm.weight_ih_l0${suffix}`]: tf.transpose(f([2 * D, D], s)),
      [`rnn.lstm.weight_hh_l0${suffix}`]: tf.transpose(f([2 * D, D / 2], s + 0.1)),
      [`rnn.lstm.bias_ih_l0${suffix}`]: f([2 * D], s + 0.2),
      [`rnn.lstm.bias_hh_l0${suffix}`]: f([2 * D], s + 0.3)
    })
    const lstm = () => given({ ...direction("", 9), ...direction("_reverse", 10) })
    const alone = read(() => biLstm(lstm(), "rnn.lstm", words(), [3]))
    near(alone.slice(0, 4), [0.061769, 0.128331, 0.200717, 0.067379])
    const padded = read(() => biLstm(lstm(), "rnn.lstm", tf.concat([words(), f([1, 2, D], 5) as tf.Tensor3D], 1), [3]))
    near(padded.slice(0, 12), alone, 6)
  })
})

const published: CellLossOptions = {
  ...{ positiveWeight: 1, alpha: -1, gamma: 0, margin: 0, smoothing: 0, reduction: "sum" }
}

describe("loss", () => {
  const lossOf = (options: Partial<CellLossOptions>) =>
    read(() => {
      const [z, y] = [tf.tensor([2, -1, 0.5, -3]), tf.tensor([1, 0, 0, 0])]
      return cellLoss(z, y, tf.onesLike(z), 4, { ...published, ...options })
    })[0]

  test.each<[string, Partial<CellLossOptions>, number]>([
    ["binary cross-entropy", {}, 1.462854],
    ["positives weigh twice", { positiveWeight: 2 }, 1.589782],
    ["alpha", { alpha: 0.75 }, 0.429178],
    ["alpha and gamma", { alpha: 0.75, gamma: 2 }, 0.101397],
    ["alpha and gamma, the other way", { alpha: 0.25, gamma: 2 }, 0.300585],
    ["margin", { margin: 0.2 }, 0.747338],
    ["smoothing", { smoothing: 0.1 }, 1.737854],
    ["mean", { reduction: "mean" }, 1.462854 / 4]
  ])("%s", (_name, options, wanted) => {
    expect(lossOf(options)).toBeCloseTo(wanted, 5)
  })

  /** Entity (0, 1, type 0). */
  const spanLoss = (width: number, positives: ReadonlyArray<number>, options: Partial<CellLossOptions>) =>
    read(() => {
      const z = spanLogits(given(marker()), "marker", words(), types(), width)
      const cells = Float32Array.from({ length: 3 * width * 2 }, (_, cell) => (positives.includes(cell) ? 1 : 0))
      const valid = Float32Array.from(cells, (_, cell) =>
        Math.floor(cell / (2 * width)) + (Math.floor(cell / 2) % width) < 3 ? 1 : 0
      )
      const spans = valid.reduce((sum, one) => sum + one, 0) / 2
      return cellLoss(z, tf.tensor(cells, z.shape), tf.tensor(valid, z.shape), spans, { ...published, ...options })
    })[0]

  test("of spans: those past the end do not count, the mean is over spans", () => {
    expect(spanLoss(2, [2], { positiveWeight: 2 })).toBeCloseTo(10.7773, 4)
    expect(spanLoss(2, [2], {})).toBeCloseTo(10.4234, 4)
    expect(spanLoss(2, [2], { reduction: "mean" })).toBeCloseTo(2.0847, 4)
  })

  test("of width 1: every word of the entity is positive", () => {
    expect(spanLoss(1, [0, 2], { positiveWeight: 2 })).toBeCloseTo(6.2728, 4)
    expect(spanLoss(1, [0, 2], {})).toBeCloseTo(5.4868, 4)
  })

  test("of words: start, end and inside", () => {
    const tokenLoss = (options: Partial<CellLossOptions>) =>
      read(() => {
        const z = tokenLogits(given(token()), words(), types())
        const y = new Float32Array(18)
        for (const cell of [0, 7, 2, 8]) y[cell] = 1 // start of word 0, end of word 1, inside of both; type 0
        return cellLoss(z, tf.tensor(y, z.shape), tf.onesLike(z), 6, { ...published, ...options })
      })[0]
    expect(tokenLoss({})).toBeCloseTo(16.0318, 4)
    expect(tokenLoss({ reduction: "mean" })).toBeCloseTo(2.672, 4)
    expect(tokenLoss({ alpha: 0.75 })).toBeCloseTo(6.1528, 4)
  })
})

describe("decoding", () => {
  const [org, loc, team, per] = [0, 1, 2, 3]
  const candidates = [
    { start: 0, end: 2, type: org, score: 0.9 },
    { start: 1, end: 1, type: loc, score: 0.8 },
    { start: 0, end: 2, type: team, score: 0.7 },
    { start: 2, end: 3, type: per, score: 0.85 },
    { start: 5, end: 5, type: per, score: 0.6 }
  ]
  const kept = (options: { nested?: boolean; multiLabel?: boolean }) =>
    greedy(candidates, options).map(({ end, start, type }) => [start, end, type])

  test("flat, nested, multi-label", () => {
    expect(kept({})).toEqual([
      [0, 2, org],
      [5, 5, per]
    ])
    expect(kept({ nested: true })).toEqual([
      [0, 2, org],
      [1, 1, loc],
      [5, 5, per]
    ])
    expect(kept({ multiLabel: true })).toEqual([
      [0, 2, org],
      [0, 2, team],
      [5, 5, per]
    ])
    expect(kept({ nested: true, multiLabel: true })).toEqual([
      [0, 2, org],
      [0, 2, team],
      [1, 1, loc],
      [5, 5, per]
    ])
  })

  test("of words: start, end and all between", () => {
    const logit = (p: number) => Math.log(p / (1 - p))
    const [start, end, inside] = [
      [0.9, 0.2, 0.7, 0.1],
      [0.3, 0.8, 0.9, 0.1],
      [0.95, 0.6, 0.9, 0.2]
    ]
    const logits = start!.flatMap((_, word) => [start!, end!, inside!].map((part) => logit(part[word]!)))
    const found = (scoring: "min" | "mean") => greedy(tokenCandidates(logits, { words: 4, types: 1 }, [0.5], scoring))
    expect(found("min").map(({ end, start }) => [start, end])).toEqual([
      [0, 1],
      [2, 2]
    ])
    near(
      found("min").map(({ score }) => score),
      [0.6, 0.7]
    )
    near(
      found("mean").map(({ score }) => score),
      [0.775, 0.9]
    )
  })

  test("a span past the end, a padded word and a padded type are no candidates", () => {
    // Three words of room, two words; width 2; three types of room, two types.
    const logits = new Float32Array(3 * 2 * 3).fill(5)
    const found = spanCandidates(logits, { words: 2, width: 2, types: 3 }, [0.5, 0.5])
    expect(found.map(({ end, start, type }) => [start, end, type])).toEqual([
      [0, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
      [0, 1, 1],
      [1, 1, 0],
      [1, 1, 1]
    ])
  })
})
