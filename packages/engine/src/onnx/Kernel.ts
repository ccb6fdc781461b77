import { messageOf } from "@nuner/core/thrown"
import { EngineError } from "../errors.ts"
import type { OnnxGraph, Value } from "../graph/OnnxGraph.ts"
import { tf } from "../tf.ts"
import type { VectorJob } from "../vector/VectorThreads.ts"
import type { OnnxBackend } from "./OnnxBackend.ts"

/** Types of numbers that native memory holds. */
export type NativeType = "float32" | "int32" | "bool"

export const isNative = (dtype: tf.DataType): dtype is NativeType =>
  dtype === "float32" || dtype === "int32" || dtype === "bool"

/** What a kernel knows of an input: its shape and type, never its numbers. */
export interface Operand {
  readonly shape: ReadonlyArray<number>
  readonly dtype: tf.DataType
}

export interface Result {
  readonly shape: Array<number>
  readonly dtype: NativeType
}

/** A tfjs kernel written as an ONNX graph. `Attributes` are the attributes that tfjs passes to the kernel of that name. */
export interface Kernel<Attributes = unknown> {
  readonly name: string
  /** Names of the tensor inputs in the order of the graph's; "name?" may be left out; "list" where tfjs passes an array. */
  readonly inputs: ReadonlyArray<string> | "list"
  /** tfjs expects an array of results, even of one. */
  readonly listsResults?: boolean
  /**
   * The operand whose numbers stay as they are over many calls: a matrix of weights. It is compiled in, laid out as products read it, for as long as
   * it lives and is not written; where that is not worth it, it is passed like the others.
   */
  readonly weights?: number
  /** Every output element depends on the same element of inputs of equal size: the kernel may run piece by piece. */
  readonly elementwise?: boolean
  /**
   * Shapes and types of the results; undefined where these types or attributes are left to the tfjs-cpu kernel.
   *
   * @throws EngineError where the shapes do not fit together.
   */
  infer(operands: ReadonlyArray<Operand>, attributes: Attributes): ReadonlyArray<Result> | undefined
  /**
   * Other shapes of the same memory under which operands and results meet the graph, in one list: a product of many rows by
   * one matrix is one product whatever the axes of the rows.
   */
  view?(operands: ReadonlyArray<Operand>, attributes: Attributes): ReadonlyArray<ReadonlyArray<number>> | undefined
  /** Builds the graph for operands of these types and ranks and gives the names of its results. */
  emit(
    graph: OnnxGraph,
    values: ReadonlyArray<Value>,
    operands: ReadonlyArray<Operand>,
    attributes: Attributes
  ): ReadonlyArray<Value>
  /** Looks at the numbers of operands where ONNX Runtime would take wrong ones without a word. @throws EngineError */
  check?(
    operands: ReadonlyArray<Operand>,
    attributes: Attributes,
    numbers: (operand: number) => ArrayLike<number>
  ): void
  /** Lists of whole numbers (bounds, shapes) that are passed at each call, after the operands, instead of compiled in. */
  indices?(operands: ReadonlyArray<Operand>, attributes: Attributes): ReadonlyArray<ReadonlyArray<number>>
  /** Everything besides types and ranks that the graph depends on. Default: all attributes. */
  key?(attributes: Attributes, operands: ReadonlyArray<Operand>): string
}

/** Number of elements. */
export const sizeOf = (shape: ReadonlyArray<number>): number => {
  let size = 1
  for (const extent of shape) size *= extent
  return size
}

export const every = (operands: ReadonlyArray<Operand>, ...types: Array<tf.DataType>): boolean =>
  operands.every(({ dtype }) => types.includes(dtype))

/** Axis numbers from the start, sorted; all of them where none are given. */
export const axesOf = (axes: number | ReadonlyArray<number> | null | undefined, rank: number): Array<number> => {
  const given = axes === null || axes === undefined ? Array.from({ length: rank }, (_, i) => i) : [axes].flat()
  return given.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b)
}

/** A kernel done without ONNX Runtime: views of the same memory, loops in JavaScript, kernels of the engine's own threads. */
export interface HostKernel<Inputs extends string = string, Attributes = unknown> {
  readonly name: string
  /** What comes out, or undefined where these operands are left to the tfjs-cpu kernel. */
  run(
    backend: OnnxBackend,
    inputs: Record<Inputs, tf.TensorInfo>,
    attributes: Attributes
  ): tf.TensorInfo | Array<tf.TensorInfo> | undefined
}

/** What went wrong in a kernel, led by its name and operands, as in `Add(float32[2,3], float32[4,5]): ...`. */
export const kernelError = (name: string, operands: ReadonlyArray<Operand>, error: unknown): EngineError => {
  const shapes = operands.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(", ")
  return new EngineError(`${name}(${shapes}): ${messageOf(error)}`)
}

/** @throws EngineError where an operand is not float32: a kernel of ours has no other to fall back to. */
export const checkFloat = (name: string, operands: ReadonlyArray<Operand>): void => {
  if (!every(operands, "float32")) {
    throw new EngineError(`${name} takes float32 tensors, not ${operands.map(({ dtype }) => dtype).join(", ")}`)
  }
}

/** @throws EngineError where an operand has another shape. */
export const checkShape = (what: string, { shape }: Operand, expected: ReadonlyArray<number>): void => {
  if (tf.util.arraysEqual(shape as Array<number>, expected as Array<number>)) return
  throw new EngineError(`${what} has shape [${shape}], not [${expected}]`)
}

/** A result of the operand's shape. */
export const like = ({ shape }: Operand, dtype: Result["dtype"] = "float32"): Result => ({ shape: [...shape], dtype })

/** One result, like the first of operands that are all float32. */
export const likeFirst = (operands: ReadonlyArray<Operand>): ReadonlyArray<Result> | undefined =>
  every(operands, "float32") ? [like(operands[0]!)] : undefined

/** A result of that shape, filled by a kernel that is given its address. */
export const filled = (
  backend: OnnxBackend,
  shape: Array<number>,
  job: (address: number) => VectorJob
): tf.TensorInfo => {
  const result = backend.empty(shape, "float32")
  try {
    if (sizeOf(shape) > 0) backend.vector.run([job(backend.address(result))])
    return result
  } catch (error) {
    backend.disposeData(result.dataId)
    throw error
  }
}

/** Kernels beyond tfjs's own that a backend may register; every caller has a twin made of plain operations. */
export type FusedKernel =
  | "AttentionOutput"
  | "AttentionOutputGrad"
  | "AttentionWeights"
  | "AttentionWeightsGrad"
  | "FusedDropout"
  | "FusedGelu"
  | "FusedGeluGrad"
  | "FusedLayerNorm"
  | "FusedLayerNormGrad"
  | "FusedLinear"
  | "FusedLinearGrad"
  | "FusedRotary"
  | "FusedSoftmaxGrad"
  | "FusedSumOfSquares"
  | "FusedAttention"
  | "PackedLinear"

/** Whether the current backend has the kernel. */
export const hasKernel = (name: FusedKernel | "UnsortedSegmentSum"): boolean =>
  tf.getKernel(name, tf.getBackend()) !== undefined

/** The same for a kernel with products in it: in bf16 tfjs's own products are taken over, and serve. */
export const hasProducts = (name: FusedKernel): boolean =>
  hasKernel(name) && (tf.backend() as { readonly oneDnn?: unknown }).oneDnn === undefined

/** Runs a fused kernel of the current backend: directly, without tfjs's own round of tapes and profiles, where neither listens. */
export const runKernel = <T extends tf.Tensor | Array<tf.Tensor>>(
  name: FusedKernel,
  inputs: Record<string, tf.Tensor>,
  attributes?: Record<string, number | boolean | Array<number>>
): T => {
  const engine = tf.engine()
  const kernel = tf.getKernel(name, engine.backendName)
  const { gradientDepth, kernelDepth, profiling } = engine.state
  if (!kernel || profiling || (gradientDepth > 0 && kernelDepth === 0) || tf.env().getBool("DEBUG")) {
    return engine.runKernel<T>(name, inputs, attributes)
  }
  const made = kernel.kernelFunc({ inputs, attrs: attributes as tf.NamedAttrMap, backend: engine.backend })
  const tensor = (info: tf.TensorInfo) => engine.makeTensorFromTensorInfo(info)
  return (Array.isArray(made) ? made.map(tensor) : tensor(made)) as T
}
