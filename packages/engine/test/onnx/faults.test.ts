import { afterEach, beforeAll, expect, test } from "bun:test"
import { CheckpointError, EngineError, NonFiniteError, SafetensorsError, tf, useEngine } from "../../src/index.ts"
import type { OnnxBackend } from "../../src/onnx/OnnxBackend.ts"
import { libraryPath, openOrtApi } from "../../src/onnx/OrtApi.ts"
import { limitSpinning } from "../../src/onnx/Runtime.ts"

let before: { tensors: number; inUse: number }
const backend = () => tf.backend() as unknown as OnnxBackend
const state = () => ({ tensors: tf.memory().numTensors, inUse: backend().pool.statistics.inUse })
const kernel = (name: string, inputs: Record<string, tf.Tensor>, attributes: Record<string, number | boolean> = {}) =>
  tf.engine().runKernel(name, inputs, attributes)

beforeAll(async () => {
  await useEngine({ prefer: "onnx" })
  before = state()
})

// Whatever goes wrong leaves nothing behind, and the engine goes on working.
afterEach(() => {
  expect(state().tensors).toBe(before.tensors)
  const sum = tf.tidy(() => tf.add(tf.tensor([1, 2]), 1).dataSync())
  expect([...sum]).toEqual([2, 3])
})

test("memory that the system does not have is an error, and the engine goes on", () => {
  const petabyte = 2 ** 48
  expect(() => tf.fill([petabyte], 0)).toThrow(/Out of memory: the system refused \d+ MB; use a smaller batch/)
  tf.tidy(() => {
    const row = tf.ones([1, 2 ** 24])
    expect(() => kernel("Tile", { x: row }, { reps: [2 ** 24, 1] as unknown as number })).toThrow("Out of memory")
  })
})

test("how long threads spin is written where this version of ONNX Runtime has it, and nowhere else", () => {
  const api = openOrtApi()
  const options = api.create("CreateThreadingOptions")
  api.call("SetGlobalIntraOpNumThreads", options, 3)
  expect(limitSpinning(options, 2)).toBe(false)
  expect(limitSpinning(options, 3)).toBe(true)
  expect(limitSpinning(options, 3)).toBe(false)
})

test("shapes that do not fit are refused before ONNX Runtime sees them", () => {
  tf.tidy(() => {
    const [a, b] = [tf.ones([2, 3]), tf.ones([4, 5])]
    expect(() => kernel("BatchMatMul", { a, b }, { transposeA: false, transposeB: false })).toThrow(
      "BatchMatMul(float32[2,3], float32[4,5]): inner extents 3 and 4 differ"
    )
    expect(() => kernel("Add", { a, b })).toThrow(
      "Add(float32[2,3], float32[4,5]): shapes [2,3] and [4,5] do not broadcast"
    )
    expect(() => kernel("FusedLayerNorm", { x: a, gamma: tf.ones([2]), beta: tf.ones([3]) }, { eps: 1e-5 })).toThrow(
      "gamma has shape [2], not [3]"
    )
    expect(() => kernel("FusedGeluGrad", { dy: a, x: b, y: b })).toThrow("dy has shape [2,3], not [4,5]")
    expect(() => kernel("GatherV2", { x: a, indices: tf.tensor1d([2], "int32") }, { axis: 0, batchDims: 0 })).toThrow(
      "the index value 2 is not in [0, 1]"
    )
  })
})

test("a kernel of the house refuses types that it has no numbers for", () => {
  tf.tidy(() => {
    const x = tf.ones([2], "int32")
    expect(() => kernel("FusedGelu", { x })).toThrow("FusedGelu takes float32 tensors, not int32")
    expect(() => kernel("FusedGelu", {})).toThrow("FusedGelu: the tensor x is missing")
  })
})

test("use after dispose is an error, not a read of freed memory", () => {
  const x = tf.ones([1000])
  const exposed = { dataId: x.dataId, shape: x.shape, dtype: x.dtype }
  x.dispose()
  expect(() => backend().readSync(exposed.dataId)).toThrow("A tensor was used after it was disposed")
  expect(() => kernel("Neg", { x: x as tf.Tensor })).toThrow("A tensor was used after it was disposed")
  expect(() => x.dataSync()).toThrow("disposed")
})

test("a missing or foreign library is named", () => {
  expect(() => libraryPath("sunos", "sparc")).toThrow("onnxruntime-node has no library for sunos sparc")
  expect(() => openOrtApi("/nowhere/libonnxruntime.so.1")).toThrow("Cannot load /nowhere/libonnxruntime.so.1")
  const other = process.platform === "linux" ? "libc.so.6" : undefined
  if (other) expect(() => openOrtApi(other)).toThrow("Cannot load libc.so.6")
})

test("an update of mismatched tensors is refused; one of shared memory leaves the other tensor alone", () => {
  const numbers = { lr: 0.1, scale: 1, b1: 0.9, b2: 0.999, eps: 1e-8, wd: 0, c1: 0.1, c2: 0.001 }
  tf.tidy(() => {
    const zeros = () => tf.variable(tf.zeros([3]), false)
    const [p, m, v, g] = [tf.variable(tf.ones([3])), zeros(), zeros(), tf.ones([3])]
    expect(() => backend().adamw([{ p, m, v, g: tf.ones([4]), numbers }])).toThrow("beside the parameter's float32[3]")
    expect(() => backend().adamw([{ p, m, v, g, numbers: { ...numbers, lr: Number.NaN } }])).toThrow("not finite")
    const clone = tf.clone(p)
    backend().adamw([{ p, m, v, g, numbers }])
    expect([...clone.dataSync()]).toEqual([1, 1, 1])
    for (const value of p.dataSync()) expect(value).toBeCloseTo(0.9, 6)
    for (const variable of [p, m, v]) variable.dispose()
  })
})

test("errors are EngineErrors of one line, each by its own name", () => {
  for (const Kind of [CheckpointError, NonFiniteError, SafetensorsError]) {
    const error = new Kind("" as never, "" as never)
    expect([error.name, error instanceof EngineError]).toEqual([Kind.name, true])
  }
  try {
    kernel("FusedGelu", {})
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError)
    expect((error as Error).message).not.toContain("\n")
  }
})
