import { EngineError } from "../errors.ts"
import type { OpenGraph } from "../graph/GraphSession.ts"
import { type AdamWUpdate, adamWJob, checkUpdate } from "../optim/adamW.ts"
import type { Precision } from "../selection/useEngine.ts"
import { tf } from "../tf.ts"
import type { VectorThreads } from "../vector/VectorThreads.ts"
import { BufferPool, type NativeBuffer } from "./BufferPool.ts"
import { isNative, type NativeType, sizeOf } from "./Kernel.ts"
import { KernelRunner } from "./KernelRunner.ts"
import { nativeGraphs } from "./nativeGraphs.ts"
import { OneDnnKernels } from "./onednn/OneDnnKernels.ts"
import { startRuntime } from "./Runtime.ts"
import type { Fallback } from "./registerOnnx.ts"
import { heapTrimmer, LinearMemory, systemMemory } from "./systemMemory.ts"

type Numbers = Float32Array | Int32Array | Uint8Array

/** From this size on an array is copied into native memory as it comes; smaller ones when a kernel first needs them. */
const movedAtOnce = 2 ** 14

/**
 * The numbers behind one or more tensors: in native memory, still on the JavaScript side until a kernel first needs them,
 * or, for complex tensors, as two tensors. Reshaped tensors and clones share one and are counted as references.
 */
export class TensorData {
  readonly dtype: tf.DataType
  readonly size: number
  references = 1
  buffer: NativeBuffer | undefined
  values: tf.backend_util.BackendValues | undefined
  /** Whether an optimizer has written into the numbers since they were made. */
  written = false
  parts: { readonly real: tf.TensorInfo; readonly imag: tf.TensorInfo } | undefined

  constructor(dtype: tf.DataType, size: number) {
    this.dtype = dtype
    this.size = size
  }

  /** The native buffer as a typed array; valid until the tensor is disposed. */
  view(): Float32Array | Int32Array | Uint8Array {
    const memory = this.buffer!.array
    if (this.dtype === "float32") return new Float32Array(memory, 0, this.size)
    if (this.dtype === "int32") return new Int32Array(memory, 0, this.size)
    return new Uint8Array(memory, 0, this.size)
  }
}

/** The tfjs backend whose tensors live in native memory and whose kernels run on ONNX Runtime. One exists a process. */
export class OnnxBackend extends tf.KernelBackend {
  readonly version: string
  readonly threads: number
  readonly pool: BufferPool
  readonly kernels: KernelRunner
  readonly openGraph: OpenGraph
  /** The kernels that ONNX Runtime has no operators for. */
  readonly vector: VectorThreads
  /** Kernels that ran on tfjs-cpu instead; set when the kernels are registered. */
  fallback: Fallback | undefined
  #oneDnn: OneDnnKernels | undefined
  /** Tensors that another backend made. */
  readonly #foreign = new WeakMap<tf.DataId, TensorData>()
  readonly #trimHeap: () => void
  #count = 0

  /** @throws EngineError where ONNX Runtime's library is missing or too old. */
  constructor(threads: number, vector: VectorThreads, spin = true) {
    super()
    const runtime = startRuntime(threads, spin)
    this.version = runtime.api.version
    this.threads = threads
    const system = systemMemory(runtime.api)
    this.pool = new BufferPool(
      runtime,
      vector.bytes > 0 ? new LinearMemory(vector.start, vector.bytes, system) : system
    )
    this.#trimHeap = heapTrimmer()
    this.kernels = new KernelRunner(runtime, this, this.#trimHeap)
    this.openGraph = nativeGraphs(runtime, this.pool, this.#trimHeap)
    this.vector = vector
  }

  /** Kernels of oneDNN's, while the precision is bf16. */
  get oneDnn(): OneDnnKernels | undefined {
    return this.#oneDnn
  }

  /** Gives free memory back to the system. */
  trim(): void {
    this.pool.trim()
    this.#trimHeap()
  }

  /** How products are computed from now on. @throws EngineError where bf16 cannot be had here; nothing changes then. */
  setPrecision(precision: Precision): void {
    if (precision === "bf16") this.#oneDnn ??= new OneDnnKernels(this)
    else {
      this.#oneDnn?.clear()
      this.#oneDnn = undefined
    }
  }

  /** What stands behind a tensor; tensors of another backend are moved here. @throws EngineError after it was disposed. */
  data(dataId: tf.DataId): TensorData {
    // What tfjs still knows and is not here stands on another backend.
    if (this.refCount(dataId) <= 0 && tf.engine().state.tensorInfo.has(dataId)) tf.engine().moveData(this, dataId)
    if (this.refCount(dataId) <= 0) throw new EngineError("A tensor was used after it was disposed")
    return this.#known(dataId)!
  }

  #known(dataId: tf.DataId): TensorData | undefined {
    return dataId instanceof TensorData ? dataId : this.#foreign.get(dataId)
  }

  /** The same with its numbers in native memory. */
  native(tensor: tf.TensorInfo): TensorData {
    const data = this.data(tensor.dataId)
    if (data.buffer === undefined) {
      if (!isNative(data.dtype)) throw new EngineError(`A ${data.dtype} tensor has no native memory`)
      this.#moveIn(data)
    }
    return data
  }

  /** Where a tensor's numbers lie in native memory. */
  address(tensor: tf.TensorInfo): number {
    return this.native(tensor).buffer!.address
  }

  #moveIn(data: TensorData): void {
    data.buffer = this.pool.take(data.size * (data.dtype === "bool" ? 1 : 4))
    data.view().set(data.values as Numbers)
    data.values = undefined
  }

  /** A new tensor in native memory whose numbers are yet to be written. */
  empty(shape: Array<number>, dtype: NativeType): tf.TensorInfo {
    const data = new TensorData(dtype, sizeOf(shape))
    data.buffer = this.pool.take(data.size * (dtype === "bool" ? 1 : 4))
    this.#count++
    return { dataId: data, shape, dtype }
  }

  /** The same numbers under another shape: nothing is copied. */
  alias(tensor: tf.TensorInfo, shape: Array<number>): tf.TensorInfo {
    this.data(tensor.dataId).references++
    return { dataId: tensor.dataId, shape, dtype: tensor.dtype }
  }

  complex(real: tf.TensorInfo, imag: tf.TensorInfo, shape: Array<number>): tf.TensorInfo {
    const data = new TensorData("complex64", sizeOf(shape))
    data.parts = { real: this.alias(real, shape), imag: this.alias(imag, shape) }
    this.#count++
    return { dataId: data, shape, dtype: "complex64" }
  }

  /** Updates parameters and their moments in place. @throws EngineError where types or sizes differ. */
  adamw(updates: ReadonlyArray<AdamWUpdate>): void {
    updates.forEach(checkUpdate)
    this.vector.run(
      updates.map(({ p, m, v, g, numbers }) => {
        for (const written of [p, m, v]) {
          this.#unshare(written)
          this.native(written).written = true
          this.unpack(written.dataId)
        }
        return adamWJob(
          sizeOf(p.shape),
          [p, m, v, g].map((tensor) => this.address(tensor)),
          numbers
        )
      })
    )
  }

  /** Whether an optimizer has written into the numbers since they were made. */
  isWritten(dataId: tf.DataId): boolean {
    return this.refCount(dataId) > 0 && this.data(dataId).written
  }

  /** Forgets the second layout of weights, if there is one. */
  unpack(dataId: tf.DataId): void {
    this.kernels.packed.drop(this.data(dataId))
  }

  /** A variable about to be written whose memory other tensors (clones, reshaped views) also show gets memory of its own. */
  #unshare(tensor: tf.TensorInfo): void {
    const shared = this.native(tensor)
    if (shared.references === 1) return
    if (!(tensor instanceof tf.Variable)) throw new EngineError("adamw: shared memory of a tensor that is no variable")
    const own = this.empty(tensor.shape, "float32")
    this.native(own).view().set(shared.view())
    const copy = tf.engine().makeTensorFromTensorInfo(own)
    tensor.assign(copy)
    copy.dispose()
  }

  override write(values: tf.backend_util.BackendValues, shape: Array<number>, dtype: tf.DataType): TensorData {
    const data = new TensorData(dtype, sizeOf(shape))
    data.values = values
    this.#count++
    // A model's weights would otherwise stand in JavaScript's memory until the first forward pass, and long after it.
    if (data.size >= movedAtOnce && isNative(dtype)) this.#moveIn(data)
    return data
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: Array<number>,
    dtype: tf.DataType,
    references: number
  ): void {
    if (dtype === "complex64") throw new EngineError("Complex tensors cannot be moved to the onnx engine")
    const data = this.#known(dataId) ?? new TensorData(dtype, sizeOf(shape))
    data.references = references
    data.values = values
    if (data !== dataId) this.#foreign.set(dataId, data)
    this.#count++
  }

  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const data = this.data(dataId)
    if (data.parts) {
      const [real, imag] = [this.readSync(data.parts.real.dataId), this.readSync(data.parts.imag.dataId)]
      return tf.backend_util.mergeRealAndImagArrays(real as Float32Array, imag as Float32Array)
    }
    return data.buffer ? data.view().slice() : data.values!
  }

  override async read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
    return this.readSync(dataId)
  }

  override incRef(dataId: tf.DataId): void {
    this.data(dataId).references++
  }

  override refCount(dataId: tf.DataId): number {
    return this.#known(dataId)?.references ?? 0
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (this.refCount(dataId) <= 0) return true
    const data = this.data(dataId)
    data.references--
    if (data.references > 0 && !force) return false
    data.references = 0
    this.#count--
    this.kernels.packed.drop(data)
    if (data.buffer) this.pool.give(data.buffer)
    if (data.parts) {
      this.disposeData(data.parts.real.dataId)
      this.disposeData(data.parts.imag.dataId)
    }
    data.buffer = data.values = data.parts = undefined
    return true
  }

  override numDataIds(): number {
    return this.#count
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false }
  }

  override timerAvailable(): boolean {
    return true
  }

  override async time(run: () => void): Promise<{ kernelMs: number }> {
    const start = performance.now()
    run()
    return { kernelMs: performance.now() - start }
  }

  override floatPrecision(): 16 | 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  /** Gives free memory and compiled kernels back. Live tensors stay valid: ONNX Runtime itself stays up with the process. */
  override dispose(): void {
    this.kernels.clear()
    this.#oneDnn?.clear()
    this.pool.trim()
  }
}
