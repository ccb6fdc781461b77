import { fillMask, type MaskOptions } from "../../simd/maskLoop.ts"
import type { HostKernel } from "../HostKernel.ts"

/** A dropout mask, made where it will lie. */
const dropoutMask: HostKernel<never, MaskOptions & { readonly shape: number[]; readonly key: readonly number[] }> = {
  name: "DropoutMask",
  run(backend, _inputs, { key, shape, ...options }) {
    const result = backend.empty(shape, "float32")
    fillMask(backend.native(result).view() as Float32Array, [key[0]!, key[1]!], options)
    return result
  }
}

export const dropoutKernels = [dropoutMask] as readonly HostKernel[]
