import type { WebGPUBackend, WebGPUProgram } from "@tensorflow/tfjs-backend-webgpu"
import type { DropoutAttributes } from "../nn/dropout.ts"
import type { FusedKernel } from "../onnx/Kernel.ts"
import type { AdamWUpdate } from "../optim/adamW.ts"
import { tf } from "../tf.ts"

/** What a kernel computes of each number of its result. */
interface Recipe {
  readonly name: string
  /** Names of the operands: arrays of numbers. */
  readonly inputs: ReadonlyArray<string>
  /** Names and types of single numbers, as in WGSL: `uniforms.rate`. */
  readonly uniforms?: Readonly<Record<string, "f32" | "i32">>
  /** WGSL beside the main function. */
  readonly functions?: string
  /** WGSL: what is done at `index`, which runs over the result, or over as many as `run` is told. */
  readonly body: string
}

type Uniforms = NonNullable<Parameters<WebGPUBackend["runWebGPUProgram"]>[3]>

/** Numbers a group of the device works off together. */
const group = 64

interface Call {
  readonly operands: Array<tf.TensorInfo>
  readonly shape: Array<number>
  /** Values of the uniforms. */
  readonly numbers: Readonly<Record<string, number>>
  /** What is written into, where not all of it is written. Default: a new tensor of that shape. */
  readonly result?: tf.TensorInfo
  /** How far `index` runs. Default: over the shape. */
  readonly count?: number
}

/** Runs a recipe over tensors of any shape. */
const run = (
  backend: WebGPUBackend,
  { body, functions = "", inputs, name, uniforms = {} }: Recipe,
  { numbers, operands, result, shape, count = tf.util.sizeFromShape(shape) }: Call
): tf.TensorInfo => {
  const types = Object.entries({ ...uniforms, count: "i32" })
  const program: WebGPUProgram = {
    variableNames: [...inputs],
    outputShape: shape,
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    dispatch: [Math.ceil(count / group), 1, 1],
    workgroupSize: [group, 1, 1],
    shaderKey: name,
    uniforms: types.map(([name, type]) => `${name} : ${type}, `).join(""),
    getUserCode: () => `${functions}
      fn main(index : i32) { if (index < uniforms.count) { ${body} } }`
  }
  const given: Readonly<Record<string, number>> = { ...numbers, count }
  const values: Uniforms = types.map(([name, type]) => ({
    type: type === "f32" ? "float32" : "int32",
    data: [given[name]!]
  }))
  return backend.runWebGPUProgram(program, operands, "float32", values, result)
}

/** The bits of `counterRandom`, so that a mask is the same on every engine: element i takes the lower or upper half of counter i >> 1. */
const dropout: Recipe = {
  name: "nunerDropout",
  inputs: ["x"],
  uniforms: { keyA: "i32", keyB: "i32", threshold: "i32", kept: "f32", offset: "i32" },
  functions: `
    fn mix32(x : u32) -> u32 {
      var h = x;
      h = (h ^ (h >> 16u)) * 0x21f0aaadu;
      h = (h ^ (h >> 15u)) * 0x735a2d97u;
      return h ^ (h >> 15u);
    }
    fn maskAt(element : u32) -> f32 {
      let bits = mix32(mix32((element >> 1u) ^ u32(uniforms.keyA)) + u32(uniforms.keyB));
      let half = (bits >> ((element & 1u) * 16u)) & 0xffffu;
      return select(0.0, uniforms.kept, half >= u32(uniforms.threshold));
    }`,
  body: "result[index] = x[index] * maskAt(u32(index + uniforms.offset));"
}

/** Sums over the rows of each segment that has any. Rows of one segment stand together in `order`: no number is written twice, and sums have one order. */
const segmentSum: Recipe = {
  name: "nunerSegmentSum",
  inputs: ["rows", "order", "starts", "segments"],
  uniforms: { width: "i32" },
  body: `
    let segment = index / uniforms.width;
    let column = index % uniforms.width;
    var sum = 0.0;
    for (var at = starts[segment]; at < starts[segment + 1]; at++) {
      sum += rows[order[at] * uniforms.width + column];
    }
    result[segments[segment] * uniforms.width + column] = sum;`
}

/** Sums of rows by segment, where the segments' numbers are still on the host, as those of our own calls are. */
const sumSegments = (
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  segmentIds: tf.TensorInfo,
  segmentCount: number
): tf.TensorInfo | undefined => {
  const ids = backend.tensorMap.get(segmentIds.dataId).values as Int32Array | undefined
  if (!ids || x.dtype !== "float32") return undefined
  const shape = [segmentCount, ...x.shape.slice(segmentIds.shape.length)]
  const fill = tf.getKernel("Fill", "webgpu").kernelFunc
  const result = fill({ inputs: {}, backend, attrs: { shape, value: 0, dtype: "float32" } }) as tf.TensorInfo
  const groups = groupRows(ids, segmentCount)
  if (groups.order.length === 0) return result
  const width = tf.util.sizeFromShape(x.shape) / ids.length
  const { order, segments, starts } = groups
  const lists = [order, starts, segments].map((list) => backend.makeTensorInfo([list.length], "int32", list))
  const count = segments.length * width
  run(backend, segmentSum, { operands: [x, ...lists], shape, numbers: { width }, result, count })
  for (const { dataId } of lists) backend.disposeData(dataId)
  return result
}

/** Rows in the order of their segments, the segments that have rows, and where in `order` each begins, with the end behind the last. */
const groupRows = (
  ids: Int32Array,
  segmentCount: number
): { readonly order: Int32Array; readonly segments: Int32Array; readonly starts: Int32Array } => {
  // Segment and row in one number: sorted as numbers, without a function to compare.
  const keys = Float64Array.from(ids, (id, row) => id * ids.length + row)
    .filter((key) => key >= 0 && key < segmentCount * ids.length)
    .sort()
  const order = Int32Array.from(keys, (key) => key % ids.length)
  const isFirst = (at: number) => at === 0 || ids[order[at]!] !== ids[order[at - 1]!]
  const firsts = Array.from(order.keys()).filter(isFirst)
  return {
    order,
    segments: Int32Array.from(firsts, (at) => ids[order[at]!]!),
    starts: Int32Array.from([...firsts, order.length])
  }
}

const f32 = (...names: Array<string>): NonNullable<Recipe["uniforms"]> =>
  Object.fromEntries(names.map((name) => [name, "f32"]))

/** AdamW as three kernels: both moments, then the parameter. */
const adamWRecipes = {
  m: {
    name: "nunerAdamWMean",
    inputs: ["m", "g"],
    uniforms: f32("b1", "scale"),
    body: "result[index] = uniforms.b1 * m[index] + (1.0 - uniforms.b1) * uniforms.scale * g[index];"
  },
  v: {
    name: "nunerAdamWSquare",
    inputs: ["v", "g"],
    uniforms: f32("b2", "scale"),
    body: `let scaled = uniforms.scale * g[index];
      result[index] = uniforms.b2 * v[index] + (1.0 - uniforms.b2) * scaled * scaled;`
  },
  p: {
    name: "nunerAdamWStep",
    inputs: ["p", "m", "v"],
    uniforms: f32("kept", "rate", "c2", "eps"),
    body: `let deviation = sqrt(v[index] / uniforms.c2) + uniforms.eps;
      result[index] = uniforms.kept * p[index] - uniforms.rate * m[index] / deviation;`
  }
} satisfies Record<string, Recipe>

/** One update of each parameter and its moments, as new tensors: a variable that shares its memory takes nothing along. */
export const runAdamW = (backend: WebGPUBackend, updates: ReadonlyArray<AdamWUpdate>): void => {
  for (const { p, m, v, g, numbers } of updates) {
    const { b1, b2, c1, c2, eps, lr, scale, wd } = numbers
    const assign = (variable: tf.Variable, recipe: Recipe, operands: Array<tf.Tensor>, values: Call["numbers"]) => {
      const call = { operands, shape: variable.shape, numbers: values }
      const tensor = tf.engine().makeTensorFromTensorInfo(run(backend, recipe, call))
      variable.assign(tensor)
      tensor.dispose()
    }
    assign(m, adamWRecipes.m, [m, g], { b1, scale })
    assign(v, adamWRecipes.v, [v, g], { b2, scale })
    assign(p, adamWRecipes.p, [p, m, v], { kept: 1 - lr * wd, rate: lr / c1, c2, eps })
  }
}

/** erf after Abramowitz and Stegun, 7.1.26: at most 1.5e-7 off. */
const erf = `
  fn erf(x : f32) -> f32 {
    let t = 1.0 / (1.0 + 0.3275911 * abs(x));
    let tail = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    return sign(x) * (1.0 - tail * exp(-x * x));
  }`

const gelu: Recipe = {
  name: "nunerGelu",
  inputs: ["x"],
  functions: erf,
  body: "result[index] = 0.5 * x[index] * (1.0 + erf(x[index] * 0.7071067811865476));"
}

const geluGradient: Recipe = {
  name: "nunerGeluGradient",
  inputs: ["dy", "x"],
  functions: erf,
  body: `let at = x[index];
    let slope = 0.5 * (1.0 + erf(at * 0.7071067811865476)) + at * 0.3989422804014327 * exp(-0.5 * at * at);
    result[index] = dy[index] * slope;`
}

type KernelFunction = (call: {
  readonly inputs: Record<string, tf.TensorInfo>
  readonly backend: WebGPUBackend
  readonly attrs: Record<string, number | Array<number>>
}) => tf.TensorInfo

/** Registers the kernels of ours, beside those of tfjs. */
export const registerKernels = (): void => {
  const register = (kernelName: FusedKernel | "UnsortedSegmentSum", kernelFunc: KernelFunction) =>
    tf.registerKernel({ kernelName, backendName: "webgpu", kernelFunc: kernelFunc as unknown as tf.KernelFunc })

  register("FusedDropout", ({ attrs, backend, inputs: { x } }) => {
    const { key, kept, offset, threshold } = attrs as unknown as DropoutAttributes
    const numbers = { keyA: key[0]!, keyB: key[1]!, threshold, kept, offset }
    return run(backend, dropout, { operands: [x!], shape: x!.shape, numbers })
  })

  register("FusedGelu", ({ backend, inputs: { x } }) =>
    run(backend, gelu, { operands: [x!], shape: x!.shape, numbers: {} })
  )
  register("FusedGeluGrad", ({ backend, inputs: { dy, x } }) =>
    run(backend, geluGradient, { operands: [dy!, x!], shape: x!.shape, numbers: {} })
  )

  const stock = tf.getKernel("UnsortedSegmentSum", "webgpu")
  tf.unregisterKernel("UnsortedSegmentSum", "webgpu")
  register("UnsortedSegmentSum", (call) => {
    const { x, segmentIds } = call.inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo }
    const summed = sumSegments(call.backend, x, segmentIds, call.attrs.numSegments as number)
    return summed ?? (stock.kernelFunc(call as never) as tf.TensorInfo)
  })
}
