import type { tf } from "../../tf.ts"
import type { HostKernel } from "../HostKernel.ts"
import type { OnnxBackend } from "../OnnxBackend.ts"
import { isNative } from "../TensorData.ts"

function filled(backend: OnnxBackend, shape: number[], dtype: tf.DataType, value: number): tf.TensorInfo | undefined {
  if (dtype === "complex64") {
    const [real, imag] = [filled(backend, shape, "float32", value)!, filled(backend, shape, "float32", 0)!]
    const result = backend.complex(real, imag, shape)
    for (const part of [real, imag]) backend.disposeData(part.dataId)
    return result
  }
  if (!isNative(dtype)) return undefined
  const tensor = backend.empty([...shape], dtype)
  backend.native(tensor).view().fill(value)
  return tensor
}

const fill: HostKernel<never, tf.FillAttrs> = {
  name: "Fill",
  run: (backend, _inputs, { shape, value, dtype }) =>
    typeof value === "number" ? filled(backend, shape, dtype ?? "float32", value) : undefined
}

const zerosLike: HostKernel<"x"> = {
  name: "ZerosLike",
  run: (backend, { x }) => filled(backend, x.shape, x.dtype, 0)
}

const onesLike: HostKernel<"x"> = {
  name: "OnesLike",
  run: (backend, { x }) => filled(backend, x.shape, x.dtype, 1)
}

export const creationKernels = [fill, zerosLike, onesLike] as readonly HostKernel[]
