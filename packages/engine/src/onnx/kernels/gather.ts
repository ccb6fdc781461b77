import { EngineError } from "../../EngineError.ts"
import type { tf } from "../../tf.ts"
import { axesOf, type Kernel, type Result } from "../Kernel.ts"

const gather: Kernel<tf.GatherV2Attrs> = {
  name: "GatherV2",
  inputs: ["x", "indices"],
  infer([x, indices], attributes) {
    if (attributes.batchDims || indices!.dtype !== "int32") return undefined
    const axis = axesOf(attributes.axis, x!.shape.length)[0]!
    const shape = [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)]
    return [{ shape, dtype: x!.dtype as Result["dtype"] }]
  },
  // ONNX counts negative indices from the end.
  check([x], { axis }, numbers) {
    const extent = x!.shape[axesOf(axis, x!.shape.length)[0]!]!
    const indices = numbers(1)
    for (let i = 0; i < indices.length; i++) {
      if (indices[i]! < 0 || indices[i]! >= extent) {
        throw new EngineError(`GatherV2: the index value ${indices[i]} is not in [0, ${extent - 1}]`)
      }
    }
  },
  emit: (graph, values, [x], { axis }) => [graph.op("Gather", values, { axis: axesOf(axis, x!.shape.length)[0]! })]
}

const oneHot: Kernel<tf.OneHotAttrs> = {
  name: "OneHot",
  inputs: ["indices"],
  infer: ([indices], { dtype, depth }) =>
    dtype === "float32" ? [{ shape: [...indices!.shape, depth], dtype: "float32" }] : undefined,
  emit(graph, [indices], _operands, { depth, onValue, offValue }) {
    const values = [offValue, onValue].map((value) => graph.op("Unsqueeze", [graph.float(value), graph.int64s([0])]))
    const pair = graph.op("Concat", values, { axis: 0 })
    return [graph.op("OneHot", [graph.cast(indices!, "int64"), graph.int64s([depth]), pair], { axis: -1 })]
  }
}

export const gatherKernels: readonly Kernel[] = [gather, oneHot]
