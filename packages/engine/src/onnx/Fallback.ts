import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu"
import { EngineError } from "../errors.ts"
import { tf } from "../tf.ts"
import type { OnnxBackend } from "./OnnxBackend.ts"

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
