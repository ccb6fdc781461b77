import { OptionError } from "@nuner/core"
import { elementType, type Initializer, type Node, type OnnxGraph, type Port, type Value } from "./OnnxGraph.ts"
import { bytesHead, float, int, join, message, sizeOf, text } from "./protobuf.ts"

/** ONNX 1.12: the first whose operator set has LayerNormalization. */
const irVersion = 8
const operatorSet = 17
/** Of ONNX Runtime's own operators. */
const ownOperators = { domain: "com.microsoft", version: 1 } as const

/** A protocol-buffer message has 2 GiB at most. */
const maxBytes = 2 ** 31 - 1

/**
 * A graph as the bytes of an ONNX model (onnx.proto3: ModelProto, whose numbers the fields below are), piece by piece: weights pass through memory one at
 * a time.
 *
 * @param outside names of data that stands beside the model: external data, each in a file of its own name
 * @throws OptionError for a model beyond the format's 2 GiB
 */
export const onnxModel = (graph: OnnxGraph, outside: ReadonlySet<Value> = new Set()): AsyncGenerator<Uint8Array> => {
  const all = [...graph.initializers.values()]
  const references = join(all.filter(({ name }) => outside.has(name)).map(reference))
  const initializers = all.filter(({ name }) => !outside.has(name))
  const heads = initializers.map(tensorHead)
  const nodes = join(graph.nodes.map((node) => message(1, nodeParts(node))))
  const ports = join([
    ...graph.inputs.map((port) => message(11, portParts(port))),
    ...graph.outputs.map((port) => message(12, portParts(port)))
  ])
  const name = text(2, "encoder")
  const weights = heads.reduce((sum, head, index) => sum + head.length + initializers[index]!.bytes, 0)
  const size = nodes.length + name.length + references.length + weights + ports.length
  if (size > maxBytes) {
    const reason = `the model takes ${size} bytes, an ONNX file ends at ${maxBytes}`
    throw new OptionError({ component: "exportOnnx", option: "types", reason, remedy: 'export "fp16" or "int8" only' })
  }
  const start = join([
    int(1, irVersion),
    text(2, "nuner"),
    message(8, [text(1, ""), int(2, operatorSet)]),
    ...(graph.nodes.some(isOwn) ? [message(8, [text(1, ownOperators.domain), int(2, ownOperators.version)])] : []),
    bytesHead(7, size)
  ])
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield join([start, nodes, name, references])
    for (const [index, { data, bytes, name }] of initializers.entries()) {
      yield heads[index]!
      const content = await data()
      if (content.length !== bytes) throw new Error(`${name} is ${content.length} bytes, its shape asks for ${bytes}`)
      yield content
    }
    yield ports
  }
  return pieces()
}

/** A TensorProto in field 5 of the graph, up to its raw data. */
const tensorHead = ({ name, type, shape, bytes }: Initializer): Uint8Array => {
  const fields = [...described({ name, type, shape }), bytesHead(9, bytes)]
  return join([bytesHead(5, sizeOf(fields) + bytes), ...fields])
}

/** A TensorProto in field 5 whose data is external (field 14 is 1), and where (field 13). */
const reference = (initializer: Initializer): Uint8Array => {
  const location = message(13, [text(1, "location"), text(2, initializer.name)])
  return message(5, [...described(initializer), location, int(14, 1)])
}

const described = ({ name, type, shape }: Pick<Initializer, "name" | "type" | "shape">): Array<Uint8Array> => [
  ...shape.map((side) => int(1, side)),
  int(2, elementType[type]),
  text(8, name)
]

const isOwn = ({ attributes, operator }: Node): boolean =>
  operator.startsWith(ownOperators.domain) ||
  Object.values(attributes).some((value) => typeof value === "object" && "branch" in value && isOwn(value.branch))

const nodeParts = ({ operator, inputs, outputs, attributes }: Node): Array<Uint8Array> => [
  ...inputs.map((name) => text(1, name)),
  ...outputs.map((name) => text(2, name)),
  text(3, `${outputs[0]}`),
  text(4, operator.slice(operator.lastIndexOf(".") + 1)),
  text(7, operator.slice(0, Math.max(0, operator.lastIndexOf(".")))),
  ...Object.entries(attributes).map(([name, value]) => message(5, [text(1, name), ...attributeParts(value)]))
]

/** Field 20 says which of the others holds: 1 a float, 2 an integer, 3 a text, 5 a graph, 7 integers. */
const attributeParts = (value: Node["attributes"][string]): Array<Uint8Array> => {
  if (typeof value === "number") return [int(3, value), int(20, 2)]
  if ("text" in value) return [text(4, value.text), int(20, 3)]
  if ("float" in value) return [float(2, value.float), int(20, 1)]
  if ("branch" in value) return [message(6, branchParts(value.branch)), int(20, 5)]
  return [...value.map((item) => int(8, item)), int(20, 7)]
}

/** A graph of a single node: what it reads beside is the graph's around it, and of what it gives the name alone is said. */
const branchParts = (node: Node): Array<Uint8Array> => [
  message(1, nodeParts(node)),
  text(2, "branch"),
  ...node.outputs.map((name) => message(12, [text(1, name)]))
]

const portParts = ({ name, type, shape }: Port): Array<Uint8Array> => {
  const extents = shape.map((side) => message(1, [typeof side === "number" ? int(1, side) : text(2, side)]))
  const tensor = message(1, [int(1, elementType[type]), message(2, extents)])
  return [text(1, name), message(2, [tensor])]
}
