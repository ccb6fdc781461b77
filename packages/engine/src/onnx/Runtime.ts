import { ptr, toArrayBuffer } from "bun:ffi"
import { EngineError } from "../errors.ts"
import { type ElementType, elementType, OnnxGraph, onnxModel } from "../graph/OnnxGraph.ts"
import { type Handle, type OrtApi, openOrtApi } from "./OrtApi.ts"
import { askForHugePages } from "./systemMemory.ts"

export interface Runtime {
  readonly api: OrtApi
  readonly environment: Handle
  /** One set of options serves every session: all of them share the global thread pool and its arena. */
  readonly sessionOptions: Handle
  /** For sessions with weights compiled in: the arena would keep the weights' memory when the session is gone. */
  readonly packedOptions: Handle
  /** Options for one whole network, which the caller releases: temporaries in the arena of all, weights outside of it, so that they go with the session. */
  graphOptions(): Handle
  /** Wraps memory of ours as an ONNX Runtime value of that shape; nothing is copied or owned. */
  tensor(address: number, bytes: number, shape: ReadonlyArray<number>, type: ElementType): Handle
}

/** C strings handed to the library stay referenced for the life of the process. */
const kept: Array<Buffer> = []

const cString = (text: string): Handle => {
  const bytes = Buffer.from(`${text}\0`)
  kept.push(bytes)
  return ptr(bytes)
}

/**
 * Bytes of addresses that the arena begins with on Linux, more than the temporaries of most kernels: they take memory where they are written
 * to. On small pages a linear layer of 1,536 rows from 384 to 1,536 numbers took 25 ms on a busy machine, on huge ones 16.
 */
const arenaBytes = 2 ** 27

/** Microseconds for which a thread of the pool looks for its next work before it sleeps: longer than JavaScript takes from one kernel to the next. */
const spinDuration = 100

/**
 * Has the threads of a pool to be spin for `spinDuration`; without it they spin for some 50 ms, all the time of a training step, and the processor that they
 * hold is missing where the engine's own threads work. Sessions with a pool of their own have a setting for it (`session.intra_op.spin_duration_us`),
 * the pool that all share has a field (OrtThreadPoolParams) and no function that writes it.
 *
 * @returns false, with nothing done, where the fields are not those that this version has
 */
export const limitSpinning = (threading: Handle, threads: number): boolean => {
  const fields = new Int32Array(toArrayBuffer(threading, 0, 16))
  // Threads, whether they spin (in the second byte), for how long, and how many pauses at most between two looks.
  const known = fields[0] === threads && fields[1] === 0x100 && fields[2] === -1 && fields[3] === 1
  if (known) fields[2] = spinDuration
  return known
}

/**
 * Brings ONNX Runtime up: one global thread pool whose threads spin for a moment between kernels unless another library's threads take turns with
 * them, one arena for the temporaries of all sessions.
 */
export const startRuntime = (threads: number, spin = true): Runtime => {
  const api = openOrtApi()
  const threading = api.create("CreateThreadingOptions")
  api.call("SetGlobalIntraOpNumThreads", threading, threads)
  api.call("SetGlobalInterOpNumThreads", threading, 1)
  api.call("SetGlobalSpinControl", threading, spin ? 1 : 0)
  if (spin) limitSpinning(threading, threads)
  // What the library would print as an error it also returns, and that is thrown.
  const fatalOnly = 4
  const environment = api.create("CreateEnvWithGlobalThreadPools", fatalOnly, cString("nuner"), threading)
  const [arenaAllocator, deviceAllocator, defaultMemory] = [1, 0, 0]
  const arenaMemory = api.create("CreateCpuMemoryInfo", arenaAllocator, defaultMemory)
  const isLinux = process.platform === "linux"
  const [name, bytes] = [cString("initial_chunk_size_bytes"), arenaBytes].map((value) =>
    BigUint64Array.of(BigInt(value))
  )
  const wide = isLinux ? api.create("CreateArenaCfgV2", ptr(name!), ptr(bytes!), 1) : null
  api.call("CreateAndRegisterAllocator", environment, arenaMemory, wide)

  const options = () => {
    const handle = api.create("CreateSessionOptions")
    api.call("DisablePerSessionThreads", handle)
    api.call("SetSessionGraphOptimizationLevel", handle, 99)
    api.call("SetSessionLogSeverityLevel", handle, fatalOnly)
    // Memory patterns are remembered for each combination of input shapes: with sentences of all lengths that never ends.
    api.call("DisableMemPattern", handle)
    return handle
  }
  const sessionOptions = options()
  api.call("AddSessionConfigEntry", sessionOptions, cString("session.use_env_allocators"), cString("1"))
  const graphEntries = [
    ["session.use_env_allocators", "1"],
    ["session.use_device_allocator_for_initializers", "1"],
    // Its one kernel takes longer than the sum and the norm that it stands for: 5 % of 64 sentences of 16 tokens with `mini`.
    ["optimization.disable_specified_optimizers", "SkipLayerNormFusion"]
  ].map((entry) => entry.map(cString))
  if (isLinux) spreadArena(api, environment, sessionOptions, arenaMemory)
  const packedOptions = options()
  api.call("DisableCpuMemArena", packedOptions)

  const memory = api.create("CreateCpuMemoryInfo", deviceAllocator, defaultMemory)
  const shapeBuffer = new BigInt64Array(16)
  const shapePointer = ptr(shapeBuffer)
  return {
    api,
    environment,
    sessionOptions,
    packedOptions,
    graphOptions() {
      const handle = options()
      for (const [key, value] of graphEntries) api.call("AddSessionConfigEntry", handle, key!, value!)
      return handle
    },
    tensor(address, bytes, shape, type) {
      for (let i = 0; i < shape.length; i++) shapeBuffer[i] = BigInt(shape[i]!)
      const data = address as Handle
      return api.create(
        "CreateTensorWithDataAsOrtValue",
        memory,
        data,
        bytes,
        shapePointer,
        shape.length,
        elementType[type]
      )
    }
  }
}

/**
 * Has the addresses of the arena lie on huge pages, before anything is written there. They are only known from memory that it hands out, which
 * it does to a session.
 */
const spreadArena = (api: OrtApi, environment: Handle, options: Handle, memory: Handle): void => {
  const graph = new OnnxGraph()
  graph.output(graph.input("x", "float32", []), "y", "float32", [])
  const model = Buffer.concat(onnxModel(graph, { format: 10, operators: 20 }).pieces as ReadonlyArray<Uint8Array>)
  const session = api.create("CreateSessionFromArray", environment, ptr(model), model.byteLength, options)
  const allocator = api.create("CreateAllocator", session, memory)
  const first = api.create("AllocatorAlloc", allocator, 1)
  askForHugePages(first, arenaBytes)
  api.call("AllocatorFree", allocator, first)
  api.release("ReleaseAllocator", allocator)
  api.release("ReleaseSession", session)
}

/** A compiled graph. Inputs and outputs are values over memory of ours, given in the order of the names. */
export class Session {
  readonly inputs: ReadonlyArray<string>
  readonly outputs: ReadonlyArray<string>
  readonly #runtime: Runtime
  readonly #run: ReturnType<Runtime["api"]["raw"]>
  readonly #names: Array<Buffer> = []
  readonly #inputNames: BigUint64Array
  readonly #outputNames: BigUint64Array
  readonly #inputValues: BigUint64Array
  readonly #outputValues: BigUint64Array
  /** Names of the outputs that a run asks for. */
  readonly #asked: BigUint64Array
  readonly #pointers: readonly [Handle, Handle, Handle, Handle]
  #handle: Handle | undefined

  /** @throws EngineError where ONNX Runtime refuses the model. */
  constructor(
    runtime: Runtime,
    model: Uint8Array,
    inputs: ReadonlyArray<string>,
    outputs: ReadonlyArray<string>,
    options: Handle
  ) {
    this.#runtime = runtime
    this.#run = runtime.api.raw("Run")
    this.inputs = inputs
    this.outputs = outputs
    const { api, environment } = runtime
    this.#handle = api.create("CreateSessionFromArray", environment, ptr(model), model.byteLength, options)
    this.#inputNames = this.#nameTable(inputs)
    this.#outputNames = this.#nameTable(outputs)
    // ptr() refuses an empty array, and a graph of constants has no inputs.
    this.#inputValues = new BigUint64Array(Math.max(1, inputs.length))
    this.#outputValues = new BigUint64Array(outputs.length)
    this.#asked = this.#outputNames.slice()
    this.#pointers = [ptr(this.#inputNames), ptr(this.#inputValues), ptr(this.#asked), ptr(this.#outputValues)]
  }

  /**
   * Runs the graph; results are written into the memory under `outputs`.
   *
   * @param which of the outputs are wanted. Default: all
   */
  run(inputs: ReadonlyArray<Handle>, outputs: ReadonlyArray<Handle>, which?: ReadonlyArray<number>): void {
    if (this.#handle === undefined) throw new EngineError("This session was released")
    if (which) for (const [i, output] of which.entries()) this.#asked[i] = this.#outputNames[output]!
    for (let i = 0; i < inputs.length; i++) this.#inputValues[i] = BigInt(inputs[i]!)
    for (let i = 0; i < outputs.length; i++) this.#outputValues[i] = BigInt(outputs[i]!)
    const [inputNames, inputValues, outputNames, outputValues] = this.#pointers
    const status = this.#run(
      this.#handle,
      null,
      inputNames,
      inputValues,
      this.inputs.length,
      outputNames,
      outputs.length,
      outputValues
    )
    if (status !== null) this.#runtime.api.check(status)
  }

  release(): void {
    if (this.#handle !== undefined) this.#runtime.api.release("ReleaseSession", this.#handle)
    this.#handle = undefined
  }

  #nameTable(names: ReadonlyArray<string>): BigUint64Array {
    const table = new BigUint64Array(Math.max(1, names.length))
    for (const [i, name] of names.entries()) {
      const bytes = Buffer.from(`${name}\0`)
      this.#names.push(bytes)
      table[i] = BigInt(ptr(bytes))
    }
    return table
  }
}
