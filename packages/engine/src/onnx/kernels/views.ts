import { EngineError } from "../../EngineError.ts"
import { tf } from "../../tf.ts"
import type { HostKernel } from "../HostKernel.ts"
import { sizeOf } from "../Kernel.ts"

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

/** Kernels that give the same numbers under another shape: nothing is copied. */
export const viewKernels = [identity, reshape, expandDims, complex, real, imag] as readonly HostKernel[]
