import { describe, expect, test } from "bun:test"
import { close, leakCheck, testEngine } from "@nuner/testing"
import { gelu, layerNorm, linear, softmax, tf, useEngine, variableGrads } from "../../src/index.ts"
import { type FusedKernel, hasKernel } from "../../src/nn/fusedKernel.ts"
import { events, tinyOptions, withParameters } from "../lib/tinyRun.ts"
import { wave } from "../lib/wave.ts"

const fused: Array<FusedKernel> = [
  "FusedGelu",
  "FusedGeluGrad",
  "FusedLayerNorm",
  "FusedLayerNormGrad",
  "FusedLinear",
  "FusedLinearGrad",
  "FusedSoftmaxGrad"
]

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
    const layers: Array<[string, (...xs: Array<tf.Tensor>) => tf.Tensor, () => Record<string, tf.Tensor>]> = [
      ["gelu", (x) => gelu(x!), () => ({ x: wave([4, 7, 33], 1, 5) })],
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
      ]
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
