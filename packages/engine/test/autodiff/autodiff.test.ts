import { expect, test } from "bun:test"
import { close, testEngine } from "@nuner/testing"
import {
  checkpointed,
  crossEntropy,
  differentiable,
  disposeAll,
  freeze,
  frozen,
  linear,
  type Parameters,
  residual,
  softmax,
  stopGradient,
  tf,
  variableGrads
} from "../../src/index.ts"
import { chain } from "../lib/chain.ts"
import { tinyBatch, tinyForward, tinyParameters } from "../lib/tinyEncoder.ts"
import { wave } from "../lib/wave.ts"

await testEngine()

const stack = (depth: number, width: number): Parameters =>
  tf.tidy(() =>
    Object.fromEntries(
      Array.from({ length: depth }, (_, i) => [`w${i}`, tf.variable(wave([width, width], i, 1 / Math.sqrt(width)))])
    )
  )

const layer = (x: tf.Tensor, w: tf.Tensor) => softmax(linear(x, w))
const through = (parameters: Parameters, x: tf.Tensor) =>
  chain(
    x,
    Object.values(parameters).map((w) => (x) => layer(x, w))
  )
const loss = (x: tf.Tensor) => tf.mean(tf.square(x)) as tf.Scalar

/** The most bytes that were alive at once while `f` ran, beyond those before it. */
const peak = async (f: () => void): Promise<number> => {
  const before = tf.memory().numBytes
  const { peakBytes } = await tf.profile(f)
  return peakBytes - before
}

const discard = ({ value, grads }: ReturnType<typeof variableGrads>) => {
  value.dispose()
  disposeAll(grads)
}

test("the gradients are those of tf.variableGrads", () => {
  const parameters = tinyParameters()
  const f = () => crossEntropy(tinyForward(parameters, tinyBatch.ids, tinyBatch.mask), tinyBatch.labels)
  const ours = variableGrads(f, parameters)
  const theirs = tf.variableGrads(f, Object.values(parameters))
  close(ours.value.dataSync(), theirs.value.dataSync(), 0)
  for (const [name, variable] of Object.entries(parameters)) {
    close(ours.grads[name]!.dataSync(), theirs.grads[variable.name]!.dataSync(), 1e-7)
  }
  discard(ours)
  discard(theirs)
  disposeAll(parameters)
})

test("activations are freed as the backward pass goes: the peak is below tfjs's", async () => {
  const [depth, width, rows] = [8, 16, 256]
  const parameters = stack(depth, width)
  const x = wave([rows, width], 5)
  const f = () => loss(through(parameters, x))
  const ours = await peak(() => discard(variableGrads(f, parameters)))
  const theirs = await peak(() => discard(tf.variableGrads(f, Object.values(parameters))))
  const activation = 4 * rows * width
  // Two tensors a layer are kept, and what one layer's backward pass needs lives at a time.
  expect(ours).toBeLessThan((2 * depth + 10) * activation)
  expect(ours).toBeLessThan(0.7 * theirs)
  x.dispose()
  disposeAll(parameters)
})

test("frozen bottom layers keep no activations", async () => {
  const [depth, width, rows] = [12, 16, 256]
  const parameters = stack(depth, width)
  const x = wave([rows, width], 5)
  const step = () => discard(variableGrads(() => loss(through(parameters, x)), parameters))
  const all = await peak(step)
  freeze(parameters, (name) => Number(name.slice(1)) < 10)
  const two = await peak(step)
  const activation = 4 * rows * width
  expect(two).toBeLessThan((2 * 2 + 10) * activation)
  expect(all).toBeGreaterThan(2 * depth * activation)
  x.dispose()
  disposeAll(parameters)
})

test("checkpointed layers give the same gradients from fewer activations", async () => {
  const [depth, width, rows] = [12, 16, 256]
  const parameters = stack(depth, width)
  const x = wave([rows, width], 5)
  const block = (from: number) => (x: tf.Tensor) => [0, 1, 2].reduce((y, i) => layer(y, parameters[`w${from + i}`]!), x)
  const saving = () => {
    let y: tf.Tensor = x
    for (const from of [0, 3, 6, 9]) {
      y = checkpointed(block(from), [y, ...[0, 1, 2].map((i) => parameters[`w${from + i}`]!)])
    }
    return loss(y)
  }
  const plain = variableGrads(() => loss(through(parameters, x)), parameters)
  const before = tf.memory().numTensors
  const again = variableGrads(saving, parameters)
  expect(tf.memory().numTensors - before).toBe(1 + depth)
  expect(Object.keys(again.grads)).toEqual(Object.keys(plain.grads))
  for (const name of Object.keys(plain.grads)) close(again.grads[name]!.dataSync(), plain.grads[name]!.dataSync(), 1e-7)
  discard(plain)
  discard(again)
  const whole = await peak(() => discard(variableGrads(() => loss(through(parameters, x)), parameters)))
  const cut = await peak(() => discard(variableGrads(saving, parameters)))
  expect(cut).toBeLessThan(0.7 * whole)
  x.dispose()
  disposeAll(parameters)
})

test("checkpointed inside tf.grads, and on an activation that needs no gradient", () => {
  const w = tf.variable(wave([4, 4], 1))
  const x = wave([3, 4], 2)
  const f = (x: tf.Tensor) => loss(checkpointed((x, w) => layer(x!, w!), [x, w]))
  const [viaStock] = tf.grads((w: tf.Tensor) => loss(checkpointed((x, w) => layer(x!, w!), [x, w])))([w])
  const { value, grads } = variableGrads(() => f(x), { w })
  close(viaStock!.dataSync(), grads.w!.dataSync(), 1e-7)
  viaStock!.dispose()
  discard({ value, grads })
  disposeAll({ w, x })
})

test("frozen and stopGradient cut the flow", () => {
  const w = tf.variable(tf.scalar(3))
  for (const cut of [(x: tf.Tensor) => stopGradient(x), (x: tf.Tensor) => frozen(() => tf.mul(x, 1))]) {
    const { value, grads } = variableGrads(() => tf.mul(w, cut(tf.square(w))) as tf.Scalar, { w })
    expect(value.dataSync()[0]).toBe(27)
    expect(grads.w!.dataSync()[0]).toBe(9)
    discard({ value, grads })
  }
  w.dispose()
})

test("a parameter that the loss does not use has no gradient", () => {
  const parameters = { used: tf.variable(tf.scalar(2)), unused: tf.variable(tf.scalar(1)) }
  const { value, grads } = variableGrads(() => tf.square(parameters.used) as tf.Scalar, parameters)
  expect(Object.keys(grads)).toEqual(["used"])
  discard({ value, grads })
  disposeAll(parameters)
})

test("gradients that are constants, saved tensors or shared survive", () => {
  const parameters = { x: tf.variable(tf.tensor1d([1, 2])) }
  const constant = tf.tensor1d([5, 6])
  const custom = tf.customGrad((x, save) => {
    const tensor = x as tf.Tensor
    ;(save as tf.GradSaveFunc)([tensor])
    return { value: tf.square(tensor), gradFunc: (_dy, saved) => saved[0]! }
  })
  const outside = tf.customGrad((x) => ({ value: tf.square(x as tf.Tensor), gradFunc: () => constant }))
  for (const [f, expected] of [
    [custom, [1, 2]],
    [outside, [5, 6]]
  ] as const) {
    const { value, grads } = variableGrads(() => tf.sum(f(parameters.x)) as tf.Scalar, parameters)
    close(grads.x!.dataSync(), expected, 0)
    discard({ value, grads })
    close(constant.dataSync(), [5, 6], 0)
    close(parameters.x.dataSync(), [1, 2], 0)
  }
  disposeAll({ ...parameters, constant })
})

test("the gradients of a tensor used many times add up, one of them twice over", () => {
  for (const uses of [2, 3, 4, 5, 9]) {
    const parameters = { x: tf.variable(tf.tensor1d([1, -2])) }
    const before = tf.memory().numTensors
    const { value, grads } = variableGrads(() => {
      const terms = Array.from({ length: uses }, (_, i) => tf.mul(parameters.x, i + 1))
      return tf.sum(terms.reduce((sum, term) => residual(sum, term), residual(parameters.x, parameters.x))) as tf.Scalar
    }, parameters)
    close(grads.x!.dataSync(), Array(2).fill(2 + (uses * (uses + 1)) / 2), 0)
    expect(tf.memory().numTensors - before).toBe(2)
    discard({ value, grads })
    disposeAll(parameters)
  }
})

test("a pass that fails leaves nothing behind", () => {
  const parameters = stack(3, 4)
  const x = wave([2, 4], 1)
  const bad = tf.customGrad((x) => ({
    value: tf.square(x as tf.Tensor),
    gradFunc: () => {
      throw new Error("no gradient today")
    }
  }))
  const before = tf.memory().numTensors
  const fails: Array<[() => tf.Scalar, RegExp]> = [
    [() => tf.tidy(() => through(parameters, x)) as tf.Scalar, /must be a scalar/],
    [() => loss(x), /depends on none of the 3/],
    [
      () => {
        through(parameters, x)
        return loss(x)
      },
      /depends on none/
    ],
    [
      () => {
        through(parameters, x)
        throw new Error("no loss today")
      },
      /no loss today/
    ],
    [
      () =>
        differentiable({ w: parameters.w0! }, (save) => {
          save(x, parameters.w0!)
          throw new Error("no value today")
        }) as tf.Scalar,
      /no value today/
    ],
    [() => loss(layer(bad(layer(x, parameters.w0!)), parameters.w1!)), /no gradient today/]
  ]
  for (const [f, reason] of fails) {
    expect(() => variableGrads(f, parameters)).toThrow(reason)
    expect(tf.memory().numTensors).toBe(before)
  }
  discard(variableGrads(() => loss(through(parameters, x)), parameters))
  x.dispose()
  disposeAll(parameters)
})
