import type { tf } from "../../tf.ts"
import type { HostKernel } from "../HostKernel.ts"

/**
 * Adds rows of x `[ids, ...]` into `[numSegments, ...]`: the gradient of an embedding. ONNX's ScatterND was measured slower,
 * and it wraps negative ids, which tfjs drops.
 */
const unsortedSegmentSum: HostKernel<"x" | "segmentIds", tf.UnsortedSegmentSumAttrs> = {
  name: "UnsortedSegmentSum",
  run(backend, { x, segmentIds }, { numSegments }) {
    if (x.dtype !== "float32" || segmentIds.dtype !== "int32") return undefined
    const from = backend.native(x).view() as Float32Array
    const ids = backend.native(segmentIds).view() as Int32Array
    const result = backend.empty([numSegments, ...x.shape.slice(segmentIds.shape.length)], "float32")
    const sums = backend.native(result).view() as Float32Array
    const width = ids.length === 0 ? 0 : from.length / ids.length
    sums.fill(0)
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (id < 0 || id >= numSegments) continue
      for (let j = 0; j < width; j++) sums[id * width + j]! += from[i * width + j]!
    }
    return result
  }
}

export const segmentSumKernels = [unsortedSegmentSum] as readonly HostKernel[]
