import { LruCache, PathCache } from "../caches.ts"
import { OnnxGraph, onnxModel } from "../graph/OnnxGraph.ts"
import type { tf } from "../tf.ts"
import { type Layout, layoutOf, type NativeBuffer } from "./BufferPool.ts"
import { isNative, type Kernel, kernelError, type NativeType, type Operand, type Result, sizeOf } from "./Kernel.ts"
import type { OnnxBackend, TensorData } from "./OnnxBackend.ts"
import { PackedWeights } from "./PackedWeights.ts"
import { type Runtime, Session } from "./Runtime.ts"

/** A training step needs some 40 sessions, tfjs-core's own test suite about a thousand. */
const sessionsKept = 512

/** A step of training makes some 50 calls that differ, for each length of sentences anew. */
const callsKept = 2 ** 10

/** Elements of a piece of an elementwise kernel: its temporaries (128 KB each) stay in the second-level cache. */
const pieceSize = 2 ** 15

interface Compiled {
  readonly session: Session
  /** Memory of the lists of whole numbers that the kernel takes at each call. */
  readonly indices: ReadonlyArray<NativeBuffer>
  /** The operand that is compiled in. */
  readonly packed: number | undefined
}

/** All of a call that its shapes, types and attributes decide. */
interface Plan {
  readonly results: ReadonlyArray<Result>
  /** Operands and results as the graph sees them. */
  readonly operands: ReadonlyArray<Operand>
  readonly seen: ReadonlyArray<Result>
  readonly given: ReadonlyArray<Layout>
  readonly written: ReadonlyArray<Layout>
  readonly indices: ReadonlyArray<{ readonly list: BigInt64Array; readonly layout: Layout }>
  /** Calls of one key share a session. */
  readonly key: string
  /** For operands none of which is compiled in. */
  compiled: Compiled | undefined
}

/** Runs kernels one by one: checks, finds or builds the session, allocates the results, runs. */
export class KernelRunner {
  readonly #runtime: Runtime
  readonly #backend: OnnxBackend
  readonly packed: PackedWeights<Compiled>
  readonly #plans = new PathCache<Plan>(callsKept)
  readonly #sessions = new LruCache<Compiled>(sessionsKept, (compiled) => {
    this.#plans.clear()
    this.#release(compiled)
  })

  /** @param trim makes the C library give back what was freed inside it */
  constructor(runtime: Runtime, backend: OnnxBackend, trim: () => void) {
    this.#runtime = runtime
    this.#backend = backend
    this.packed = new PackedWeights<Compiled>((compiled) => this.#release(compiled), trim)
  }

  get sessions(): number {
    return this.#sessions.size
  }

  clear(): void {
    this.packed.clear()
    this.#sessions.clear()
  }

  /**
   * The kernel's results, or undefined where its table leaves these types or attributes to another kernel.
   *
   * @throws EngineError for shapes that do not fit, for use after dispose, and where memory runs out.
   */
  run(kernel: Kernel, tensors: ReadonlyArray<tf.TensorInfo>, attributes: unknown): Array<tf.TensorInfo> | undefined {
    const outputs: Array<tf.TensorInfo> = []
    try {
      const plan = this.#plans.get(pathOf(kernel, tensors, attributes)) ?? this.#plan(kernel, tensors, attributes)
      if (plan === undefined) return undefined
      kernel.check?.(tensors, attributes, (operand) => this.#backend.native(tensors[operand]!).view())
      const inputs = tensors.map((tensor) => this.#backend.native(tensor).buffer!)
      for (const { shape, dtype } of plan.results) outputs.push(this.#backend.empty(shape, dtype))
      this.#compute(kernel, plan, tensors, inputs, outputs, attributes)
      return outputs
    } catch (error) {
      for (const output of outputs) this.#backend.disposeData(output.dataId)
      throw kernelError(kernel.name, tensors, error)
    }
  }

  #plan(kernel: Kernel, tensors: ReadonlyArray<tf.TensorInfo>, attributes: unknown): Plan | undefined {
    for (const { dtype, shape } of tensors) if (!isNative(dtype) || sizeOf(shape) === 0) return undefined
    const results = kernel.infer(tensors, attributes)
    if (results === undefined || results.some(({ shape }) => sizeOf(shape) === 0)) return undefined
    const [operands, seen] = viewed(tensors, results, kernel.view?.(tensors, attributes))
    const plan: Plan = {
      results,
      operands,
      seen,
      given: operands.map(({ dtype, shape }) => layoutOf(shape, dtype as NativeType)),
      written: seen.map(({ dtype, shape }) => layoutOf(shape, dtype)),
      indices: (kernel.indices?.(operands, attributes) ?? []).map((list) => ({
        list: BigInt64Array.from(list, BigInt),
        layout: layoutOf([list.length], "int64")
      })),
      key: keyOf(kernel, operands, attributes),
      compiled: undefined
    }
    this.#plans.set(pathOf(kernel, tensors, attributes), plan)
    return plan
  }

  #compute(
    kernel: Kernel,
    plan: Plan,
    tensors: ReadonlyArray<tf.TensorInfo>,
    inputs: ReadonlyArray<NativeBuffer>,
    outputs: ReadonlyArray<tf.TensorInfo>,
    attributes: unknown
  ): void {
    const compiled = this.#compiled(kernel, plan, tensors, attributes)
    if (kernel.elementwise && sizeOf(plan.results[0]!.shape) > pieceSize) {
      this.#runPieces(compiled, inputs, tensors, outputs)
      return
    }
    const values = inputs.map((buffer, i) => buffer.value(plan.given[i]!))
    if (compiled.packed !== undefined) values.splice(compiled.packed, 1)
    for (const [i, { list, layout }] of plan.indices.entries()) {
      const buffer = compiled.indices[i]!
      new BigInt64Array(buffer.array, 0, list.length).set(list)
      values.push(buffer.value(layout))
    }
    const written = outputs.map(({ dataId }, i) => this.#backend.data(dataId).buffer!.value(plan.written[i]!))
    compiled.session.run(values, written)
  }

  /** One run over every `pieceSize` elements; all operands of an elementwise kernel have the size of its results. */
  #runPieces(
    { session }: Compiled,
    inputs: ReadonlyArray<NativeBuffer>,
    tensors: ReadonlyArray<tf.TensorInfo>,
    outputs: ReadonlyArray<tf.TensorInfo>
  ): void {
    const size = sizeOf(outputs[0]!.shape)
    const rank = tensors[0]!.shape.length
    const buffers = [...inputs, ...outputs.map((output) => this.#backend.native(output).buffer!)]
    const padding = Array.from({ length: rank - 1 }, () => 1)
    for (let start = 0; start < size; start += pieceSize) {
      const length = Math.min(pieceSize, size - start)
      const values = buffers.map(({ address }) =>
        this.#runtime.tensor(address + start * 4, length * 4, [...padding, length], "float32")
      )
      try {
        session.run(values.slice(0, inputs.length), values.slice(inputs.length))
      } finally {
        for (const value of values) this.#runtime.api.release("ReleaseValue", value)
      }
    }
  }

  #compiled(kernel: Kernel, plan: Plan, tensors: ReadonlyArray<tf.TensorInfo>, attributes: unknown): Compiled {
    if (kernel.weights !== undefined) {
      const weights = this.#backend.native(tensors[kernel.weights]!)
      const packed = this.packed.get(weights, plan.key)
      if (packed) return packed
      if (this.packed.admits(weights)) {
        const compiled = this.#compile(kernel, plan, attributes, weights)
        this.packed.set(weights, plan.key, compiled)
        return compiled
      }
    }
    plan.compiled ??= this.#sessions.getOr(plan.key, () => this.#compile(kernel, plan, attributes))
    return plan.compiled
  }

  /** `weights`: the numbers to compile in, of the operand that the kernel names. */
  #compile(kernel: Kernel, { operands, seen, indices }: Plan, attributes: unknown, weights?: TensorData): Compiled {
    const graph = new OnnxGraph()
    const packed = weights && kernel.weights!
    const values = operands.map(({ dtype, shape }, i) =>
      i === packed
        ? graph.tensor("weights", "float32", shape, () => asBytes(weights!.view() as Float32Array))
        : graph.input(`input_${i}`, dtype as NativeType, open(shape.length))
    )
    for (const i of indices.keys()) values.push(graph.input(`indices_${i}`, "int64", open(1)))
    const inputs = values.filter((_, i) => i !== packed)
    const names = kernel.emit(graph, values, operands, attributes)
    for (const [i, name] of names.entries()) graph.output(name, name, seen[i]!.dtype, open(seen[i]!.shape.length))
    const session = this.#session(graph, inputs, names, weights !== undefined)
    return { session, indices: indices.map(({ list }) => this.#backend.pool.take(list.byteLength)), packed }
  }

  #session(graph: OnnxGraph, inputs: ReadonlyArray<string>, outputs: ReadonlyArray<string>, packed: boolean): Session {
    const { bytes, pieces } = onnxModel(graph, version)
    // A model with weights in it is large, and read once: JavaScript would be slow to see that it is garbage.
    const memory = this.#backend.pool.take(bytes)
    try {
      const model = new Uint8Array(memory.array, 0, bytes)
      let at = 0
      for (const piece of pieces) {
        const content = piece instanceof Uint8Array ? piece : (piece.data() as Uint8Array)
        model.set(content, at)
        at += content.length
      }
      const { packedOptions, sessionOptions } = this.#runtime
      return new Session(this.#runtime, model, inputs, outputs, packed ? packedOptions : sessionOptions)
    } finally {
      this.#backend.pool.give(memory)
    }
  }

  #release({ session, indices }: Compiled): void {
    session.release()
    for (const buffer of indices) this.#backend.pool.give(buffer)
  }
}

/** The version of ONNX that kernels are written for. */
const version = { format: 10, operators: 20 } as const

/** As many extents without numbers: one model serves all shapes of its rank. */
const open = (rank: number): Array<undefined> => Array.from({ length: rank }, () => undefined)

const asBytes = ({ buffer, byteLength, byteOffset }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength)

/** Operands and results under the shapes of the kernel's view, where it has one. */
const viewed = (
  operands: ReadonlyArray<Operand>,
  results: ReadonlyArray<Result>,
  view: ReadonlyArray<ReadonlyArray<number>> | undefined
): readonly [ReadonlyArray<Operand>, ReadonlyArray<Result>] => {
  if (view === undefined) return [operands, results]
  return [
    operands.map(({ dtype }, i) => ({ dtype, shape: view[i]! })),
    results.map(({ dtype }, i) => ({ dtype, shape: [...view[operands.length + i]!] }))
  ]
}

const keyOf = (kernel: Kernel, operands: ReadonlyArray<Operand>, attributes: unknown): string => {
  let key = kernel.name
  for (const { dtype, shape } of operands) key += `|${dtype}${shape.length}`
  return key + (kernel.key ? `;${kernel.key(attributes, operands)}` : attributesKey(attributes))
}

const attributesKey = (attributes: unknown): string => {
  let key = ""
  for (const name in attributes as object) key += `;${(attributes as Record<string, unknown>)[name]}`
  return key
}

/** One list for all calls. */
const path: Array<unknown> = []

/** What decides a plan: the kernel, the types and shapes of its operands, its attributes. Valid until the next call. */
export const pathOf = (
  kernel: Kernel,
  operands: ReadonlyArray<Operand>,
  attributes: unknown
): ReadonlyArray<unknown> => {
  path.length = 0
  path.push(kernel)
  for (const { dtype, shape } of operands) {
    path.push(dtype)
    for (const extent of shape) path.push(extent)
  }
  const given = attributes as Readonly<Record<string, unknown>>
  for (const name in given) {
    const value = given[name]
    path.push(name)
    if (Array.isArray(value)) for (const item of value) path.push(item)
    else path.push(value)
  }
  return path
}
