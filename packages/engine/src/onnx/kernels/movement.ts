import { EngineError } from "../../errors.ts"
import type { tf } from "../../tf.ts"
import { axesOf, every, isNative, type Kernel, type Operand, type Result } from "../Kernel.ts"

/** The type that results have where they are parts of an operand: the runner lets in no other. */
const typeOf = (operand: Operand | undefined) => operand!.dtype as Result["dtype"]
const alike = (operands: ReadonlyArray<Operand>) => every(operands, operands[0]!.dtype)
const transpose: Kernel<tf.TransposeAttrs> = {
  name: "Transpose",
  inputs: ["x"],
  infer: ([x], { perm }) => [{ shape: perm.map((axis) => x!.shape[axis]!), dtype: typeOf(x) }],
  emit: (graph, values, _operands, { perm }) => [graph.op("Transpose", values, { perm })]
}

const cast: Kernel<tf.CastAttrs> = {
  name: "Cast",
  inputs: ["x"],
  infer: ([x], { dtype }) => (isNative(dtype) ? [{ shape: [...x!.shape], dtype }] : undefined),
  key: ({ dtype }) => dtype,
  emit: (graph, [x], _operands, { dtype }) => [graph.cast(x!, dtype as Result["dtype"])]
}

/** First element and extent along every axis; a missing or negative extent reaches to the end. */
const bounds = (
  { shape }: Operand,
  { begin, size }: tf.SliceAttrs
): { starts: Array<number>; extents: Array<number> } => {
  const given = [begin].flat()
  const starts = shape.map((_, i) => given[i] ?? 0)
  const sizes = size === undefined || size === null ? [] : [size].flat()
  const extents = shape.map((extent, i) => {
    const asked = sizes[i] ?? -1
    return asked < 0 ? extent - starts[i]! : asked
  })
  return { starts, extents }
}

const slice: Kernel<tf.SliceAttrs> = {
  name: "Slice",
  inputs: ["x"],
  infer([x], attributes) {
    const { starts, extents } = bounds(x!, attributes)
    if (starts.some((start) => start < 0)) throw new EngineError("slice() does not support negative begin indexing.")
    if (x!.shape.some((extent, i) => starts[i]! + extents[i]! > extent)) {
      throw new EngineError(`begin [${starts}] + size [${extents}] does not lie in [${x!.shape}]`)
    }
    return extents.length === 0 ? undefined : [{ shape: extents, dtype: typeOf(x) }]
  },
  indices([x], attributes) {
    const { starts, extents } = bounds(x!, attributes)
    return [starts, starts.map((start, i) => start + extents[i]!)]
  },
  key: () => "",
  emit: (graph, [x, starts, ends], [operand]) => [
    graph.op("Slice", [x!, starts!, ends!, graph.int64s(operand!.shape.map((_, i) => i))])
  ]
}

const concat: Kernel<tf.ConcatAttrs> = {
  name: "Concat",
  inputs: "list",
  infer(operands, attributes) {
    if (!alike(operands)) return undefined
    const shape = [...operands[0]!.shape]
    const axis = axesOf(attributes.axis, shape.length)[0]!
    for (const { shape: other } of operands) {
      if (other.some((extent, i) => i !== axis && extent !== shape[i])) {
        throw new EngineError(`Concat: [${shape}] and [${other}] differ beside axis ${axis}`)
      }
    }
    shape[axis] = operands.reduce((sum, operand) => sum + operand.shape[axis]!, 0)
    return [{ shape, dtype: typeOf(operands[0]) }]
  },
  emit: (graph, values, operands, { axis }) => [
    graph.op("Concat", values, { axis: axesOf(axis, operands[0]!.shape.length)[0]! })
  ]
}

const pack: Kernel<tf.PackAttrs> = {
  name: "Pack",
  inputs: "list",
  infer(operands, attributes) {
    if (!alike(operands)) return undefined
    const shape = [...operands[0]!.shape]
    shape.splice(axesOf(attributes.axis, shape.length + 1)[0]!, 0, operands.length)
    return [{ shape, dtype: typeOf(operands[0]) }]
  },
  emit(graph, values, operands, attributes) {
    const axis = axesOf(attributes.axis, operands[0]!.shape.length + 1)[0]!
    const widened = values.map((value) => graph.op("Unsqueeze", [value, graph.int64s([axis])]))
    return [graph.op("Concat", widened, { axis })]
  }
}

const unpack: Kernel<tf.UnpackAttrs> = {
  name: "Unpack",
  inputs: ["value"],
  listsResults: true,
  infer([x], attributes) {
    const axis = axesOf(attributes.axis, x!.shape.length)[0]!
    const shape = x!.shape.filter((_, i) => i !== axis)
    return Array.from({ length: x!.shape[axis]! }, () => ({ shape: [...shape], dtype: typeOf(x) }))
  },
  key: ({ axis }, [x]) => `${axis},${x!.shape[axesOf(axis, x!.shape.length)[0]!]}`,
  emit(graph, [x], [operand], attributes) {
    const axis = axesOf(attributes.axis, operand!.shape.length)[0]!
    const count = operand!.shape[axis]!
    const parts = graph.ops("Split", [x!], count, { axis, num_outputs: count })
    return parts.map((part) => graph.op("Squeeze", [part, graph.int64s([axis])]))
  }
}

/** The extents of the parts along the axis; a -1 among them takes what the others leave. */
const parts = (
  { shape }: Operand,
  { axis, numOrSizeSplits }: tf.SplitVAttrs
): { axis: number; extents: Array<number> } => {
  const along = axesOf(axis, shape.length)[0]!
  const total = shape[along]!
  if (typeof numOrSizeSplits === "number") {
    return { axis: along, extents: Array.from({ length: numOrSizeSplits }, () => total / numOrSizeSplits) }
  }
  const given = numOrSizeSplits.reduce((sum, extent) => sum + Math.max(0, extent), 0)
  return { axis: along, extents: numOrSizeSplits.map((extent) => (extent < 0 ? total - given : extent)) }
}

const splitV: Kernel<tf.SplitVAttrs> = {
  name: "SplitV",
  inputs: ["x"],
  listsResults: true,
  infer([x], attributes) {
    const { axis, extents } = parts(x!, attributes)
    if (extents.reduce((sum, extent) => sum + extent, 0) !== x!.shape[axis]) {
      throw new EngineError(`SplitV: parts of [${extents}] do not make up extent ${x!.shape[axis]} of axis ${axis}`)
    }
    return extents.map((extent) => ({ shape: x!.shape.toSpliced(axis, 1, extent), dtype: typeOf(x) }))
  },
  indices: ([x], attributes) => [parts(x!, attributes).extents],
  key: (attributes, [x]) => `${attributes.axis},${parts(x!, attributes).extents.length}`,
  emit(graph, [x, extents], [operand], attributes) {
    const { axis, extents: list } = parts(operand!, attributes)
    return graph.ops("Split", [x!, extents!], list.length, { axis })
  }
}

const tile: Kernel<tf.TileAttrs> = {
  name: "Tile",
  inputs: ["x"],
  infer: ([x], { reps }) => [{ shape: x!.shape.map((extent, i) => extent * reps[i]!), dtype: typeOf(x) }],
  indices: (_operands, { reps }) => [reps],
  key: () => "",
  emit: (graph, [x, reps]) => [graph.op("Tile", [x!, reps!])]
}

const broadcastTo: Kernel<tf.BroadCastToAttrs> = {
  name: "BroadcastTo",
  inputs: ["x"],
  infer: ([x], { shape }) => [{ shape: [...shape], dtype: typeOf(x) }],
  indices: (_operands, { shape }) => [shape],
  key: ({ shape }) => `${shape.length}`,
  emit: (graph, [x, shape]) => [graph.op("Expand", [x!, shape!])]
}

const pad: Kernel<tf.PadV2Attrs> = {
  name: "PadV2",
  inputs: ["x"],
  infer: ([x], { paddings }) =>
    x!.dtype === "float32"
      ? [{ shape: x!.shape.map((d, i) => d + paddings[i]![0] + paddings[i]![1]), dtype: "float32" }]
      : undefined,
  indices: (_operands, { paddings }) => [
    [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]
  ],
  key: ({ constantValue }) => `${constantValue}`,
  emit: (graph, [x, paddings], _operands, { constantValue }) => [
    graph.op("Pad", [x!, paddings!, graph.float(constantValue)], { mode: { text: "constant" } })
  ]
}

const gather: Kernel<tf.GatherV2Attrs> = {
  name: "GatherV2",
  inputs: ["x", "indices"],
  infer([x, indices], attributes) {
    if (attributes.batchDims || indices!.dtype !== "int32") return undefined
    const axis = axesOf(attributes.axis, x!.shape.length)[0]!
    const shape = [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)]
    return [{ shape, dtype: typeOf(x) }]
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

export const movementKernels: ReadonlyArray<Kernel> = [
  transpose,
  cast,
  slice,
  concat,
  pack,
  unpack,
  splitV,
  tile,
  broadcastTo,
  pad,
  gather,
  oneHot
]
