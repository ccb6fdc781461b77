import "@tensorflow/tfjs-backend-cpu"
import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu"
import { EngineError } from "../errors.ts"
import { geluGradKernel, geluKernel, softmaxGradKernel } from "../nn/activations.ts"
import { dropoutKernel } from "../nn/dropout.ts"
import { segmentSumKernel } from "../nn/embedding.ts"
import { attentionKernel, keptAttentionKernels } from "../nn/fusedAttention.ts"
import { layerNormGradKernel, layerNormKernel } from "../nn/layerNorm.ts"
import { linearGradKernel, linearKernel, packedLinearKernel } from "../nn/linear.ts"
import { rotaryKernel } from "../nn/positions.ts"
import { sumOfSquaresKernel } from "../optim/adamW.ts"
import { tf } from "../tf.ts"
import { VectorThreads } from "../vector/VectorThreads.ts"
import { type HostKernel, type Kernel, kernelError } from "./Kernel.ts"
import { elementwiseKernels } from "./kernels/elementwise.ts"
import { hostKernels } from "./kernels/host.ts"
import { matMulKernels } from "./kernels/matMul.ts"
import { movementKernels } from "./kernels/movement.ts"
import { reductionKernels } from "./kernels/reduction.ts"
import { OnnxBackend } from "./OnnxBackend.ts"
import { oneDnnKernels } from "./onednn/OneDnnKernels.ts"

const backendName = "onnx"

/** Every kernel that runs on ONNX Runtime. */
const onnxKernels: ReadonlyArray<Kernel> = [
  ...elementwiseKernels,
  ...reductionKernels,
  ...matMulKernels,
  ...movementKernels,
  geluKernel,
  layerNormKernel,
  attentionKernel,
  ...keptAttentionKernels,
  linearKernel,
  linearGradKernel,
  packedLinearKernel,
  rotaryKernel,
  sumOfSquaresKernel
]

/** Those that tfjs does not know and ONNX Runtime has no operators for, on the engine's own threads. */
const vectorKernels = [
  geluGradKernel,
  layerNormGradKernel,
  softmaxGradKernel,
  dropoutKernel
] as ReadonlyArray<HostKernel>

type Run = (inputs: Inputs, attributes: tf.NamedAttrMap) => tf.TensorInfo | Array<tf.TensorInfo> | undefined

let backend: OnnxBackend | undefined

/**
 * Registers the tfjs backend "onnx" with its kernels; every other kernel of tfjs-cpu is reached through a counted fallback.
 * A second call gives the backend of the first. `spin`: ONNX Runtime's threads wait for the next kernel in a loop.
 *
 * @throws EngineError where ONNX Runtime cannot be loaded.
 */
export const registerOnnx = async (threads: number, spin = true): Promise<OnnxBackend> => {
  if (backend !== undefined) return backend
  const onnx = new OnnxBackend(threads, await VectorThreads.start(threads), spin)
  const fallback = new Fallback(onnx, tf.findBackend("cpu") as MathBackendCPU)
  onnx.fallback = fallback
  const registered = new Set<string>()
  const register = (name: string, run: Run) => {
    registered.add(name)
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        run(inputs as Inputs, attrs as tf.NamedAttrMap) ??
        fallback.run(name, inputs as Inputs, attrs as tf.NamedAttrMap)
    })
  }
  for (const kernel of [...hostKernels, segmentSumKernel as HostKernel]) register(kernel.name, host(onnx, kernel))
  for (const kernel of vectorKernels)
    register(kernel.name, shared(onnx, kernel.name, named(kernel.name, host(onnx, kernel))))
  for (const kernel of onnxKernels) register(kernel.name, shared(onnx, kernel.name, compiled(onnx, kernel)))
  for (const { kernelName } of tf.getKernelsForBackend("cpu")) {
    if (!registered.has(kernelName)) register(kernelName, () => undefined)
  }
  tf.registerBackend(backendName, () => onnx)
  backend = onnx
  return onnx
}

const host =
  (backend: OnnxBackend, kernel: HostKernel): Run =>
  (inputs, attributes) =>
    kernel.run(backend, inputs as Record<string, tf.TensorInfo>, attributes)

/** Errors led by the kernel's name and operands. */
const named =
  (name: string, run: Run): Run =>
  (inputs, attributes) => {
    try {
      return run(inputs, attributes)
    } catch (error) {
      throw kernelError(name, Object.values(inputs) as Array<tf.TensorInfo>, error)
    }
  }

/** A kernel that oneDNN may take over. */
const shared = (backend: OnnxBackend, name: string, run: Run): Run => {
  if (!oneDnnKernels.includes(name)) return run
  return (inputs, attributes) =>
    backend.oneDnn?.run(name, inputs as tf.NamedTensorInfoMap, attributes) ?? run(inputs, attributes)
}

const compiled = (backend: OnnxBackend, kernel: Kernel): Run => {
  const operandsOf = operands(kernel)
  const isNoop = noops[kernel.name]
  return (inputs, attributes) => {
    const tensors = operandsOf(inputs)
    if (isNoop?.(tensors[0]!, attributes)) return backend.alias(tensors[0]!, tensors[0]!.shape)
    const results = backend.kernels.run(kernel, tensors, attributes)
    return results && !kernel.listsResults && results.length === 1 ? results[0] : results
  }
}

/** From what tfjs gives a kernel, the list of its graph's inputs. */
const operands = ({ name, inputs: names }: Kernel): ((inputs: Inputs) => Array<tf.TensorInfo>) => {
  if (names === "list") return (inputs) => Object.values(inputs) as Array<tf.TensorInfo>
  const wanted = names.map((name) => ({ name: name.replace("?", ""), optional: name.endsWith("?") }))
  return (inputs) => {
    const tensors: Array<tf.TensorInfo> = []
    for (const { name: input, optional } of wanted) {
      const tensor = (inputs as tf.NamedTensorInfoMap)[input]
      if (tensor) tensors.push(tensor)
      else if (!optional) throw new EngineError(`${name}: the tensor ${input} is missing`)
    }
    return tensors
  }
}

/** Where a kernel would only copy its operand. */
const noops: Readonly<Record<string, (x: tf.TensorInfo, attributes: tf.NamedAttrMap) => boolean>> = {
  Cast: (x, { dtype }) => dtype === x.dtype,
  Transpose: (_x, { perm }) => (perm as Array<number>).every((axis, i) => axis === i)
}

/** What tfjs gives a kernel. */
export type Inputs = tf.NamedTensorInfoMap | Array<tf.TensorInfo>

/** Runs tfjs-cpu kernels on copies of our tensors, and counts: what runs here is slow, and should be seen. */
export class Fallback {
  /** Calls by kernel and types of its operands, as in `Sum(bool)`. */
  readonly calls = new Map<string, number>()
  readonly #backend: OnnxBackend
  readonly #cpu: MathBackendCPU

  constructor(backend: OnnxBackend, cpu: MathBackendCPU) {
    this.#backend = backend
    this.#cpu = cpu
  }

  /** @throws EngineError where tfjs-cpu has no such kernel either. */
  run(name: string, inputs: Inputs, attributes: tf.NamedAttrMap): tf.TensorInfo | Array<tf.TensorInfo> {
    const kernel = tf.getKernel(name, "cpu")
    if (!kernel)
      throw new EngineError(`${name}: neither the onnx engine nor tfjs-cpu has this kernel for such operands`)
    const given = Object.entries(inputs).filter(([, value]) => value !== undefined && value !== null) as Array<
      [string, tf.TensorInfo | Array<tf.TensorInfo>]
    >
    const types = given.flatMap(([, value]) => [value].flat().map(({ dtype }) => dtype))
    const label = `${name}(${types.join(", ")})`
    this.calls.set(label, (this.calls.get(label) ?? 0) + 1)

    const copies: Array<tf.TensorInfo> = []
    const copy = (tensor: tf.TensorInfo) => {
      const there = this.#toCpu(tensor)
      copies.push(there)
      return there
    }
    const results: Array<tf.TensorInfo> = []
    try {
      const copied = Array.isArray(inputs)
        ? inputs.map(copy)
        : Object.fromEntries(given.map(([key, value]) => [key, Array.isArray(value) ? value.map(copy) : copy(value)]))
      const result = kernel.kernelFunc({
        inputs: copied as tf.NamedTensorInfoMap,
        backend: this.#cpu,
        attrs: attributes
      })
      results.push(...[result].flat())
      return Array.isArray(result) ? result.map((tensor) => this.#fromCpu(tensor)) : this.#fromCpu(result)
    } finally {
      for (const { dataId } of [...copies, ...results]) this.#cpu.disposeData(dataId)
    }
  }

  #toCpu({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    const { parts } = this.#backend.data(dataId)
    if (parts === undefined) {
      const there = { dataId: this.#cpu.write(this.#backend.readSync(dataId), shape, dtype), shape, dtype }
      // Dilation2D's gradients ask for the rank, which tensors have and TensorInfo has not.
      return Object.assign(there, { rank: shape.length })
    }
    const [real, imag] = [this.#toCpu(parts.real), this.#toCpu(parts.imag)]
    const complex = this.#cpu.makeTensorInfo(shape, "complex64")
    // As tfjs-cpu's own Complex kernel does; disposing the result disposes its parts.
    this.#cpu.data.get(complex.dataId).complexTensorInfos = { real, imag }
    return complex
  }

  #fromCpu({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    const { values, complexTensorInfos } = this.#cpu.data.get(dataId)
    if (complexTensorInfos === undefined || complexTensorInfos === null) {
      return { dataId: this.#backend.write(values as tf.backend_util.BackendValues, shape, dtype), shape, dtype }
    }
    const [real, imag] = [this.#fromCpu(complexTensorInfos.real), this.#fromCpu(complexTensorInfos.imag)]
    const result = this.#backend.complex(real, imag, shape)
    for (const part of [real, imag]) this.#backend.disposeData(part.dataId)
    return result
  }
}
