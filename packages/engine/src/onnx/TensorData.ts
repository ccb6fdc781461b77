import type { tf } from "../tf.ts"
import type { NativeBuffer } from "./BufferPool.ts"

export type NativeType = "float32" | "int32" | "bool"

export const isNative = (dtype: tf.DataType): dtype is NativeType =>
  dtype === "float32" || dtype === "int32" || dtype === "bool"

/**
 * The numbers behind one or more tensors: in native memory, still on the JavaScript side until a kernel first needs them,
 * or, for complex tensors, as two tensors. Reshaped tensors and clones share one and are counted as references.
 */
export class TensorData {
  readonly dtype: tf.DataType
  readonly size: number
  references: number
  buffer: NativeBuffer | undefined
  values: tf.backend_util.BackendValues | undefined
  /** Whether an optimizer has written into the numbers since they were made. */
  written = false
  parts: { readonly real: tf.TensorInfo; readonly imag: tf.TensorInfo } | undefined

  constructor(dtype: tf.DataType, size: number, references = 1) {
    this.dtype = dtype
    this.size = size
    this.references = references
  }

  /** The native buffer as a typed array; valid until the tensor is disposed. */
  view(): Float32Array | Int32Array | Uint8Array {
    const memory = this.buffer!.array
    if (this.dtype === "float32") return new Float32Array(memory, 0, this.size)
    if (this.dtype === "int32") return new Int32Array(memory, 0, this.size)
    return new Uint8Array(memory, 0, this.size)
  }
}
