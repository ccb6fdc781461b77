import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { messageOf } from "@nuner/core/thrown"
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm"
import { EngineError } from "../errors.ts"
import { type OnnxRuntime, type OpenGraph, ordinaryGraphs } from "../graph/GraphSession.ts"
import { addRows } from "../nn/embedding.ts"
import type { OnnxBackend } from "../onnx/OnnxBackend.ts"
import { tf } from "../tf.ts"
import { deviceBackend, openDawn } from "../webgpu/DeviceBackend.ts"
import { registerKernels } from "../webgpu/kernels.ts"
import type { EngineName, Precision } from "./useEngine.ts"

/** What is known of an engine once it is up. */
export interface Loaded {
  readonly version: string
  /** 0 where the engine decides for itself. */
  readonly threads: number
  /** What would make it faster here, where something would. */
  readonly faster?: string | undefined
  /** Why it is taken only where it is asked for by name, where that is known only now. */
  readonly doubt?: string | undefined
}

/** How one engine is brought up. */
interface Candidate {
  readonly name: EngineName
  /** The name of its tfjs backend. */
  readonly backend: string
  /** What to run to get it, where it is not there. */
  readonly remedy?: string | undefined
  /** Why it is taken here only where it is asked for by name: a fault of a library that is called directly ends the process. */
  unproven?(): string | undefined
  /** Registers the tfjs backend, made ready for this precision. Throws where it cannot run here. */
  load(threads: number, precision: Precision): Promise<Loaded>
  /**
   * Sets how products are computed and names the library that does it, where it is another. Absent where there is fp32 only.
   * Throws where this precision cannot be had here.
   */
  setPrecision?(precision: Precision): string | undefined
  /** Compiles whole networks for reading. Absent where tensors are as fast, or the reference. @throws where it cannot be had here. */
  graphs?(threads: number): Promise<OpenGraph>
}

/** tfjs-cpu: plain JavaScript on one thread. The reference for the others, and slow. */
const cpu: Candidate = {
  name: "cpu",
  backend: "cpu",
  async load() {
    await import("@tensorflow/tfjs-backend-cpu")
    const backend = tf.findBackend("cpu") as (tf.KernelBackend & { firstUse?: boolean }) | null
    if (backend === null) throw new EngineError("tfjs-backend-cpu registered no backend")
    backend.firstUse = false // else its first tensor prints an advertisement for tfjs-node
    return { version: `tfjs-cpu ${tf.version_core}`, threads: 1 }
  }
}

/** The engine of the house: tfjs kernels on ONNX Runtime, from npm alone. */
const onnx: Candidate = {
  name: "onnx",
  backend: "onnx",
  remedy: "bun add onnxruntime-node",
  unproven() {
    const { arch, platform } = process
    return platform === "linux" && arch === "x64" ? undefined : `never ran on ${platform} ${arch}: ask for it by name`
  },
  async load(threads, precision) {
    if (process.versions.bun === undefined) throw new EngineError("needs Bun: it reaches ONNX Runtime through bun:ffi")
    await cpu.load(1, "fp32") // for kernels that ONNX Runtime does not serve
    const { registerOnnx } = await import("../onnx/registerOnnx.ts")
    const { hasBf16 } = await import("../onnx/onednn/OneDnnLibrary.ts")
    const backend = await registerOnnx(threads, precision === "fp32")
    const gains = precision === "fp32" && hasBf16()
    return {
      version: `ONNX Runtime ${backend.version}`,
      threads: backend.threads,
      faster: gains ? "NUNER_PRECISION=bf16: this processor multiplies in bf16" : undefined
    }
  },
  setPrecision(precision) {
    const backend = tf.findBackend("onnx") as OnnxBackend
    backend.setPrecision(precision)
    const library = backend.oneDnn?.library
    return library && `oneDNN ${library.version} (${library.path}) with ${library.instructions}`
  },
  graphs: async () => (tf.findBackend("onnx") as OnnxBackend).openGraph
}

/** What tfjs-node's backend says of itself. */
interface TensorFlowBackend {
  readonly isUsingGpuDevice?: boolean
  readonly binding?: { readonly TF_Version?: string }
}

/** Whether an optional peer is there. All are named at run time only, so that neither bundlers nor the type checker look for them. */
const isInstalled = (packageName: string): boolean => {
  try {
    import.meta.resolve(packageName)
    return true
  } catch {
    return false
  }
}

/** The package may be there without its binary (blocked download, untrusted install script); its import throws then. */
const loadTensorFlow = async (packageName: string): Promise<Loaded> => {
  if (!isInstalled(packageName)) throw new EngineError("not installed")
  try {
    await import(packageName)
  } catch (error) {
    throw new EngineError(`installed, but its binary does not load: ${messageOf(error)}`)
  }
  const backend = tensorFlow()
  if (backend === null) throw new EngineError("its import registered no backend")
  const library = backend.binding?.TF_Version ?? "of unknown version"
  return { version: `${packageName}, libtensorflow ${library}`, threads: 0 }
}

const tensorFlow = () => tf.findBackend("tensorflow") as TensorFlowBackend | null

/** An NVIDIA card through libtensorflow. */
const cuda: Candidate = {
  name: "cuda",
  backend: "tensorflow",
  remedy: "bun add @tensorflow/tfjs-node-gpu@4.22.0 && bun pm trust @tensorflow/tfjs-node-gpu",
  async load() {
    const found = await loadTensorFlow("@tensorflow/tfjs-node-gpu")
    if (tensorFlow()?.isUsingGpuDevice !== true) {
      tf.removeBackend("tensorflow")
      throw new EngineError(
        "installed, but libtensorflow sees no GPU (it needs CUDA 11 and cuDNN 8 on the library path)"
      )
    }
    return found
  }
}

/** The processor through libtensorflow. */
const native: Candidate = {
  name: "native",
  backend: "tensorflow",
  remedy: "bun add @tensorflow/tfjs-node@4.22.0 && bun pm trust @tensorflow/tfjs-node",
  load: () => loadTensorFlow("@tensorflow/tfjs-node")
}

/**
 * tfjs-wasm: for Node, and systems where ONNX Runtime's library was never called directly. Its heap ends at 4 GB: small models. Whole
 * networks run on ONNX Runtime all the same, where onnxruntime-node loads.
 */
const wasm: Candidate = {
  name: "wasm",
  backend: "wasm",
  remedy: "bun add @tensorflow/tfjs-backend-wasm",
  async load() {
    const { setWasmPaths, version_wasm } = await import("@tensorflow/tfjs-backend-wasm")
    const packageJson = fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm/package.json"))
    setWasmPaths(`${join(dirname(packageJson), "dist")}/`)
    await tf.setBackend("wasm")
    await tf.ready()
    repairWasm()
    return { version: `tfjs-wasm ${version_wasm}`, threads: 1 }
  },
  graphs: async (threads) => ordinaryGraphs((await import("onnxruntime-node")) as unknown as OnnxRuntime, threads)
}

/** What Linux shows of a graphics card: its kernel's own drivers, NVIDIA's, and that of the Linux within Windows. */
const cards = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"]

let opened: Promise<Loaded> | undefined

/** A graphics card through WebGPU: Dawn on Vulkan, Metal or D3D12, with tfjs's kernels. */
const webgpu: Candidate = {
  name: "webgpu",
  backend: "webgpu",
  remedy: "bun add webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0",
  unproven() {
    const none = process.platform === "linux" && !cards.some((path) => existsSync(path))
    return none ? `no graphics card (${cards.join(", ")})` : undefined
  },
  load() {
    opened ??= openWebgpu()
    return opened
  }
}

const openWebgpu = async (): Promise<Loaded> => {
  const peers = ["webgpu", "@tensorflow/tfjs-backend-webgpu"]
  const missing = peers.find((name) => !isInstalled(name))
  if (missing !== undefined) throw new EngineError(`${missing} is not installed`)
  const [dawnPackage, kernels] = await Promise.all(peers.map((name) => import(name)))
  const dawn = await openDawn(dawnPackage)
  const { description, device, isFallbackAdapter, vendor } = dawn.info
  registerKernels()
  const { WebGPUBackend } = kernels as typeof import("@tensorflow/tfjs-backend-webgpu")
  const backend = deviceBackend(WebGPUBackend, dawn)
  if (tf.findBackendFactory("webgpu") !== null) tf.removeBackend("webgpu") // one that would open a device of its own
  tf.registerBackend("webgpu", () => backend)
  const adapter = description || device || vendor || "an adapter without a name"
  return {
    version: `Dawn (webgpu), tfjs-webgpu ${tf.version_core}, ${adapter}`,
    threads: 0,
    doubt: isFallbackAdapter ? `${adapter} computes on the processor: ask for it by name` : undefined
  }
}

/** The engines in the order in which they are tried. */
export const engines: ReadonlyArray<Candidate> = [cuda, webgpu, native, onnx, wasm, cpu]

/**
 * What tfjs-wasm lacks for training: products with a transposed operand run on one slow path (measured: ten times the time
 * of a transpose and a plain product), and the gradient of an embedding has no kernel.
 */
const repairWasm = (): void => {
  for (const name of ["BatchMatMul", "_FusedMatMul"]) transposeFirst(name)
  if (!tf.getKernel("UnsortedSegmentSum", "wasm")) {
    tf.registerKernel({ kernelName: "UnsortedSegmentSum", backendName: "wasm", kernelFunc: segmentSumKernel })
  }
}

/** Replaces a product kernel by one that transposes its operands itself where asked to. */
const transposeFirst = (name: string): void => {
  const product = tf.getKernel(name, "wasm")
  const transpose = tf.getKernel("Transpose", "wasm")
  tf.unregisterKernel(name, "wasm")
  const kernelFunc: tf.KernelFunc = ({ inputs, backend, attrs }) => {
    const made: Array<tf.TensorInfo> = []
    const turned = (x: tf.TensorInfo) => {
      const rank = x.shape.length
      const perm = [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]
      const result = transpose.kernelFunc({ inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo
      made.push(result)
      return result
    }
    const a = attrs!.transposeA ? turned(inputs.a!) : inputs.a!
    const b = attrs!.transposeB ? turned(inputs.b!) : inputs.b!
    const plain = { ...attrs, transposeA: false, transposeB: false } as tf.NamedAttrMap
    const result = product.kernelFunc({ inputs: { ...inputs, a, b }, backend, attrs: plain })
    for (const { dataId } of made) (backend as BackendWasm).disposeData(dataId)
    return result
  }
  tf.registerKernel({ ...product, kernelFunc })
}

const segmentSumKernel: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { x, segmentIds } = inputs as Record<"x" | "segmentIds", tf.TensorInfo>
  const { numSegments } = attrs as unknown as tf.UnsortedSegmentSumAttrs
  const wasm = backend as BackendWasm
  const output = wasm.makeOutput([numSegments, ...x.shape.slice(segmentIds.shape.length)], x.dtype)
  const sums = wasm.typedArrayFromHeap(output) as Float32Array
  const from = wasm.typedArrayFromHeap(x) as Float32Array
  const ids = wasm.typedArrayFromHeap(segmentIds) as Int32Array
  addRows(sums, from, ids, numSegments)
  return output
}
