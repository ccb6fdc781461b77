import { describe, expect, test } from "bun:test"
import { close, leakCheck, testEngine } from "@nuner/testing"
import { attention, gelu, layerNorm, linear, rotary, softmax, tf, useEngine, variableGrads } from "../../src/index.ts"
import { type FusedKernel, hasKernel } from "../../src/onnx/Kernel.ts"
import { events, tinyOptions, withParameters } from "../lib/tinyRun.ts"
import { wave } from "../lib/wave.ts"

const fused: Array<FusedKernel> = [
  "AttentionOutput",
  "AttentionOutputGrad",
  "AttentionWeights",
  "AttentionWeightsGrad",
  "FusedGelu",
  "FusedGeluGrad",
  "FusedLayerNorm",
  "FusedLayerNormGrad",
  "FusedLinear",
  "FusedLinearGrad",
  "FusedRotary",
  "FusedSoftmaxGrad"
]

type Layer = [name: string, (...xs: Array<tf.Tensor>) => tf.Tensor, inputs: () => Record<string, tf.Tensor>]

/** Values and gradients of a layer on an engine. */
const on = async (
  prefer: "onnx" | "cpu",
  f: (...xs: Array<tf.Tensor>) => tf.Tensor,
  inputs: () => Record<string, tf.Tensor>
) => {
  await useEngine({ prefer })
  return leakCheck(() => {
    const variables = tf.tidy(() =>
      Object.fromEntries(Object.entries(inputs()).map(([name, x]) => [name, tf.variable(x)]))
    )
    const output = tf.tidy(() => f(...Object.values(variables)).dataSync())
    const loss = () => {
      const y = f(...Object.values(variables))
      return tf.sum(tf.mul(y, wave(y.shape, 9))) as tf.Scalar
    }
    const { value, grads } = variableGrads(loss, variables)
    const numbers = [output, ...Object.values(grads).map((gradient) => gradient.dataSync())]
    for (const tensor of [value, ...Object.values(grads), ...Object.values(variables)]) tensor.dispose()
    return numbers
  })
}

const onnx = await useEngine({ prefer: "onnx" }).then(
  () => true,
  (error: Error) => error.message
)
await testEngine()

describe.skipIf(onnx !== true)(
  `a fused kernel and its composite twin agree${onnx === true ? "" : ` (skipped: ${onnx})`}`,
  () => {
    const mask = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    const dropout = { rate: 0.3, key: { seed: 1, step: 2, site: "here" } }
    const layers: Array<Layer> = [
      ["gelu", (x) => gelu(x!), () => ({ x: wave([4, 7, 33], 1, 5) })],
      ["rotary", (x) => rotary(x as tf.Tensor3D, { heads: 3, theta: 100 }), () => ({ x: wave([2, 70, 24], 1) })],
      ["softmax", (x) => softmax(x!), () => ({ x: wave([6, 5, 31], 1, 5) })],
      [
        "layer norm",
        (x, gamma, beta) => layerNorm(x!, gamma!, beta!, 1e-5),
        () => ({ x: wave([3, 5, 48], 1, 3), gamma: wave([48], 2), beta: wave([48], 3) })
      ],
      [
        "linear",
        (x, kernel, bias) => linear(x!, kernel!, bias),
        () => ({ x: wave([3, 5, 17], 1), kernel: wave([17, 9], 2), bias: wave([9], 3) })
      ],
      ...[
        { name: "attention", options: {} },
        { name: "attention with padding, to the left, with dropout", options: { mask, causal: true, dropout } }
      ].map(
        ({ name, options }): Layer => [
          name,
          (q, k, v, bias) =>
            attention(q as tf.Tensor3D, k as tf.Tensor3D, v as tf.Tensor3D, {
              ...{ heads: 2, scale: 0.4, bias: bias as tf.Tensor3D },
              ...options
            }),
          () => ({ q: wave([2, 5, 6], 1), k: wave([2, 5, 6], 2), v: wave([2, 5, 6], 3), bias: wave([2, 5, 5], 4) })
        ]
      )
    ]
    for (const [name, f, inputs] of layers) {
      test(name, async () => {
        const [there, here] = [await on("onnx", f, inputs), await on("cpu", f, inputs)]
        there.forEach((numbers, i) => {
          close(numbers, here[i]!, 2e-5)
        })
        await testEngine()
      })
    }

    test("the fused kernels are there, and plain tfjs has none", async () => {
      await useEngine({ prefer: "onnx" })
      expect(fused.filter((name) => !hasKernel(name))).toEqual([])
      await useEngine({ prefer: "cpu" })
      expect(fused.filter((name) => hasKernel(name))).toEqual([])
      await testEngine()
    })

    test("the gradient of x is computed beside the weights' only where something trained lies before it", async () => {
      await useEngine({ prefer: "onnx" })
      const variables = tf.tidy(() => ({ kernel: tf.variable(wave([6, 4], 1)), x: tf.variable(wave([5, 6], 2)) }))
      const { kernel, x } = variables
      const constant = wave([5, 6], 2)
      const operands = async (input: tf.Tensor) => {
        const { kernels } = await tf.profile(() => {
          const { value, grads } = variableGrads(() => tf.sum(linear(input, kernel)) as tf.Scalar, variables)
          tf.dispose([value, grads])
        })
        return kernels.find(({ name }) => name === "FusedLinearGrad")!.inputShapes
      }
      expect(await operands(constant)).toHaveLength(2)
      expect(await operands(x)).toHaveLength(3)
      tf.dispose([kernel, x, constant])
      await testEngine()
    })

    test("a training run gives the same losses", async () => {
      const losses = async (prefer: "onnx" | "cpu") => {
        await useEngine({ prefer })
        const { result } = await leakCheck(() => withParameters((parameters) => events(tinyOptions(parameters))))
        return result.flatMap((event) => (event.type === "step" ? [event.loss] : []))
      }
      close(await losses("onnx"), await losses("cpu"), 1e-4)
      await testEngine()
    })
  }
)
