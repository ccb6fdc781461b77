import { EngineError } from "../../errors.ts"
import { tf } from "../../tf.ts"
import { type HostKernel, isNative, sizeOf } from "../Kernel.ts"
import type { OnnxBackend } from "../OnnxBackend.ts"

const identity: HostKernel<"x"> = {
  name: "Identity",
  run: (backend, { x }) => backend.alias(x, x.shape)
}

const reshape: HostKernel<"x", tf.ReshapeAttrs> = {
  name: "Reshape",
  run(backend, { x }, { shape }) {
    const size = sizeOf(x.shape)
    const inferred = tf.util.inferFromImplicitShape(shape, size)
    if (sizeOf(inferred) !== size) {
      throw new EngineError(`Reshape: [${x.shape}] has ${size} elements, [${inferred}] has ${sizeOf(inferred)}`)
    }
    return backend.alias(x, inferred)
  }
}

const expandDims: HostKernel<"input", tf.ExpandDimsAttrs> = {
  name: "ExpandDims",
  run(backend, { input }, { dim }) {
    const rank = input.shape.length
    if (dim < -(rank + 1) || dim > rank) {
      throw new EngineError(`ExpandDims: axis must be in the interval [${-(rank + 1)}, ${rank}], not ${dim}`)
    }
    return backend.alias(input, input.shape.toSpliced(dim < 0 ? dim + rank + 1 : dim, 0, 1))
  }
}

const complex: HostKernel<"real" | "imag"> = {
  name: "Complex",
  run: (backend, { real, imag }) => backend.complex(real, imag, real.shape)
}

const real: HostKernel<"input"> = {
  name: "Real",
  run: (backend, { input }) => backend.alias(backend.data(input.dataId).parts!.real, input.shape)
}

const imag: HostKernel<"input"> = {
  name: "Imag",
  run: (backend, { input }) => backend.alias(backend.data(input.dataId).parts!.imag, input.shape)
}

const filled = (
  backend: OnnxBackend,
  shape: Array<number>,
  dtype: tf.DataType,
  value: number
): tf.TensorInfo | undefined => {
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

/** Views of the same numbers under another shape, for which nothing is copied; and tensors of one number. */
export const hostKernels = [
  identity,
  reshape,
  expandDims,
  complex,
  real,
  imag,
  fill,
  zerosLike,
  onesLike
] as ReadonlyArray<HostKernel>
