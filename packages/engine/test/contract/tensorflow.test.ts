import { expect, test } from "bun:test"
import * as engine from "../../src/index.ts"
import { disposeAll, tf, useEngine } from "../../src/index.ts"
import { tinyParameters } from "../lib/tinyEncoder.ts"
import { events, tinyOptions } from "../lib/tinyRun.ts"
import list from "./tensorflowKernels.json" with { type: "json" }

/** Runs `f` on tfjs-cpu and gives every kernel it called with the types of its tensors, as in `GatherV2(float32, int32)`. */
const recordKernels = async (f: () => Promise<void>): Promise<Array<string>> => {
  const seen = new Set<string>()
  const original = tf.getKernelsForBackend("cpu")
  for (const kernel of original) {
    replace({
      ...kernel,
      kernelFunc: (call) => {
        const tensors = Object.values(call.inputs).flat() as Array<tf.TensorInfo | undefined>
        const types = tensors.filter((tensor) => tensor !== undefined && tensor !== null).map((tensor) => tensor!.dtype)
        // A list of any length is one type to TensorFlow.
        seen.add(`${kernel.kernelName}(${Array.isArray(call.inputs) ? types[0] : types.join(", ")})`)
        return kernel.kernelFunc(call)
      }
    })
  }
  try {
    await f()
  } finally {
    for (const kernel of original) replace(kernel)
  }
  return [...seen].sort()
}

const replace = (kernel: tf.KernelConfig): void => {
  tf.unregisterKernel(kernel.kernelName, "cpu")
  tf.registerKernel(kernel)
}

/** What TensorFlow's operators accept (tensorflow/core/ops/*_ops.cc), for the kernels that our code calls. */
const accepts: Readonly<Record<string, ReadonlyArray<string>>> = {
  // T in {bfloat16, half, float, double, ...}
  float: [
    "Elu",
    "Erf",
    "Exp",
    "Log",
    "Log1p",
    "RealDiv",
    "Reciprocal",
    "Rsqrt",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Sqrt",
    "Tanh",
    "Mean",
    "_FusedMatMul"
  ],
  // numbers, no bool
  number: [
    "Abs",
    "Add",
    "AddN",
    "BatchMatMul",
    "ClipByValue",
    "Greater",
    "GreaterEqual",
    "Less",
    "LessEqual",
    "Max",
    "Maximum",
    "Min",
    "Minimum",
    "Multiply",
    "Neg",
    "Pow",
    "Prod",
    "Relu",
    "Sign",
    "Square",
    "SquaredDifference",
    "Step",
    "Sub",
    "Sum"
  ],
  any: [
    "Cast",
    "Concat",
    "Equal",
    "ExpandDims",
    "Fill",
    "Identity",
    "IsNan",
    "NotEqual",
    "OnesLike",
    "Pack",
    "PadV2",
    "Reshape",
    "Slice",
    "SplitV",
    "Tile",
    "Transpose",
    "Unpack",
    "ZerosLike"
  ],
  bool: ["All", "Any", "LogicalAnd", "LogicalNot", "LogicalOr"]
}
const signatures =
  /^(GatherV2\((float32|int32), int32\)|UnsortedSegmentSum\(float32, int32\)|Select\(bool, (float32, float32|int32, int32)\)|OneHot\(int32\)|ArgMax\((float32|int32)\))$/

const accepted = (call: string): boolean => {
  if (signatures.test(call)) return true
  const [, name, types] = /^(\w+)\((.*)\)$/.exec(call)!
  const kinds = new Set(types === "" ? [] : types!.split(", "))
  if (kinds.size > 1) return false
  const [type = "float32"] = kinds
  if (accepts.any!.includes(name!)) return true
  if (accepts.float!.includes(name!)) return type === "float32"
  if (accepts.number!.includes(name!)) return type === "float32" || type === "int32"
  return accepts.bool!.includes(name!) && type === "bool"
}

/** Training with all blocks, losses and optimizers, without the kernels that only our own engine has. */
const everything = async (): Promise<void> => {
  const parameters = tinyParameters()
  await events(tinyOptions(parameters, { steps: 2 }))
  disposeAll(parameters)
  const inputs = { h: tf.variable(tf.ones([6, 4])), u: tf.variable(tf.ones([5, 4])), b: tf.variable(tf.zeros([5])) }
  const { h, u, b } = inputs as unknown as { h: tf.Tensor2D; u: tf.Tensor2D; b: tf.Tensor1D }
  const targets = { tokens: new Int32Array([0, 3]), concepts: new Int32Array([1, 2]) }
  const labels = new Int32Array([0, 1, 2, 3, 4, -100])
  const losses = [
    () => engine.contrastiveBce({ h, u, bias: b, scale: 0.2 }, targets, { maxLogits: 10 }),
    () => engine.contrastiveBce({ h, u }, targets),
    () => engine.linearCrossEntropy({ h, u, bias: b }, labels),
    () => engine.crossEntropy(tf.matMul(h, u, false, true), labels),
    () => engine.checkpointed((x) => tf.sum(engine.softmax(engine.gelu(x))) as tf.Scalar, [h]) as tf.Scalar,
    () =>
      tf.sum(
        engine.attention(
          ...([1, 2, 3].map(() => tf.reshape(h, [2, 3, 4])) as never as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D]),
          {
            heads: 2,
            mask: [1, 1, 0, 1, 1, 1],
            maxScores: 9,
            dropout: { rate: 0.5, key: { seed: 1, step: 1, site: "a" } }
          }
        )
      ) as tf.Scalar
  ]
  for (const loss of losses) {
    const { value, grads } = engine.variableGrads(loss, inputs)
    tf.dispose([value, ...Object.values(grads)])
  }
  disposeAll(inputs)
}

test("every kernel that training calls is one of tfjs-node-gpu's, with types that TensorFlow accepts", async () => {
  await useEngine({ prefer: "cpu" })
  const calls = await recordKernels(everything)
  // segmentSum is a loop of ours on tfjs-cpu, and a kernel elsewhere.
  calls.push("UnsortedSegmentSum(float32, int32)")
  expect(calls).toContain("BatchMatMul(float32, float32)")
  expect(calls.length).toBeGreaterThan(25)
  expect(calls.filter((call) => !list.kernels.includes(call.split("(")[0]!))).toEqual([])
  expect(calls.filter((call) => !accepted(call))).toEqual([])
})

test("training on the onnx engine leaves nothing to tfjs-cpu", async () => {
  await useEngine({ prefer: "onnx" })
  const before = new Map(engine.kernelFallbacks())
  await everything()
  expect([...engine.kernelFallbacks()]).toEqual([...before])
  tf.tidy(() => void tf.topk(tf.tensor1d([1, 2])))
  expect(engine.kernelFallbacks().get("TopK(float32)")).toBe((before.get("TopK(float32)") ?? 0) + 1)
})

test("a kernel or a type that TensorFlow lacks would be found", async () => {
  await useEngine({ prefer: "cpu" })
  const search = () => tf.searchSorted(tf.tensor1d([1, 2]), tf.tensor1d([1.5]))
  const calls = await recordKernels(async () => tf.tidy(() => void search()))
  expect(calls).toContain("SearchSorted(float32, float32)")
  expect(list.kernels).not.toContain("SearchSorted")
  for (const call of [
    "Sum(bool)",
    "Add(float32, int32)",
    "GatherV2(float32, float32)",
    "SearchSorted(float32, float32)"
  ]) {
    expect(accepted(call)).toBe(false)
  }
})
