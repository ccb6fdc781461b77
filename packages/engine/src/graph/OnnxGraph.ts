import { PbfWriter } from "pbf"

/** ONNX's numbers for element types (TensorProto.DataType). */
export const elementType = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const
export type ElementType = keyof typeof elementType

/** Bytes of an element. */
export const bytesOf: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2
}

/** The name of a value in a graph. */
export type Value = string

/** An integer, a list of them, `{ float }`, `{ text }`, or the node that a branch consists of. */
type Attribute =
  | number
  | ReadonlyArray<number>
  | { readonly float: number }
  | { readonly text: string }
  | { readonly branch: Node }

export interface Node {
  /** One that is not ONNX's own has its domain before it: `com.microsoft.MultiHeadAttention`. */
  readonly operator: string
  /** "" where an optional one is left out. */
  readonly inputs: ReadonlyArray<Value>
  readonly outputs: ReadonlyArray<Value>
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** A graph's input or output; a text is the name of an open extent, undefined one without a name. */
interface Port {
  readonly name: Value
  readonly type: ElementType
  readonly shape: ReadonlyArray<number | string | undefined>
}

/** Constant data, asked for when its turn to be written comes. */
export interface Initializer {
  readonly name: Value
  readonly type: ElementType
  readonly shape: ReadonlyArray<number>
  /** Of the data. */
  readonly bytes: number
  readonly data: () => Uint8Array | Promise<Uint8Array>
}

/** An ONNX graph under construction; operators are added in the order of their computation. */
export class OnnxGraph {
  readonly inputs: Array<Port> = []
  readonly outputs: Array<Port> = []
  readonly nodes: Array<Node> = []
  readonly initializers = new Map<Value, Initializer>()
  #count = 0

  input(name: Value, type: ElementType, shape: Port["shape"]): Value {
    this.inputs.push({ name, type, shape })
    return name
  }

  /** Makes `value` an output, under that name. */
  output(value: Value, name: Value, type: ElementType, shape: Port["shape"]): void {
    if (name !== value) this.nodes.push({ operator: "Identity", inputs: [value], outputs: [name], attributes: {} })
    this.outputs.push({ name, type, shape })
  }

  /** Adds an operator with one result. */
  op(operator: string, inputs: ReadonlyArray<Value>, attributes: Node["attributes"] = {}): Value {
    return this.ops(operator, inputs, 1, attributes)[0]!
  }

  /** Adds an operator with `count` results. */
  ops(
    operator: string,
    inputs: ReadonlyArray<Value>,
    count: number,
    attributes: Node["attributes"] = {}
  ): Array<Value> {
    const outputs = Array.from({ length: count }, () => `${operator}_${this.#count++}`)
    this.nodes.push({ operator, inputs, outputs, attributes })
    return outputs
  }

  /** The result of the first operator where a condition holds, else of the second. */
  either(condition: Value, first: Omit<Node, "outputs">, second: Omit<Node, "outputs">): Value {
    const branch = (node: Omit<Node, "outputs">) => ({ branch: { ...node, outputs: [`branch_${this.#count++}`] } })
    return this.op("If", [condition], { then_branch: branch(first), else_branch: branch(second) })
  }

  cast(value: Value, type: ElementType): Value {
    return this.op("Cast", [value], { to: elementType[type] })
  }

  /** Large data under a name of its own. */
  tensor(name: Value, type: ElementType, shape: ReadonlyArray<number>, data: Initializer["data"]): Value {
    const bytes = shape.reduce((product, side) => product * side, bytesOf[type])
    this.initializers.set(name, { name, type, shape, bytes, data })
    return name
  }

  /** A list of whole numbers: shapes, axes. */
  int64s(values: ReadonlyArray<number>): Value {
    return this.#constant(`int64s_${values.join("_")}`, "int64", [values.length], new BigInt64Array(values.map(BigInt)))
  }

  int64(value: number): Value {
    return this.#constant(`int64_${value}`, "int64", [], BigInt64Array.of(BigInt(value)))
  }

  float(value: number): Value {
    return this.scalar(value, "float32")
  }

  /** A number of type `type`. */
  scalar(value: number, type: "float32" | "float16" | "int32"): Value {
    const numbers = { float32: Float32Array, float16: globalThis.Float16Array, int32: Int32Array }[type]
    return this.#constant(`${type}_${Object.is(value, -0) ? "-0" : value}`, type, [], numbers.of(value))
  }

  #constant(name: Value, type: ElementType, shape: ReadonlyArray<number>, data: ArrayBufferView): Value {
    return this.tensor(name, type, shape, () => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
}

/** A version of ONNX: of the file's format, and of its set of operators. */
interface OnnxVersion {
  readonly format: number
  readonly operators: number
}

/** Of ONNX Runtime's own operators. */
const ownOperators = { domain: "com.microsoft", version: 1 } as const

/** A model in pieces: bytes, and data whose place it is. */
export interface OnnxModel {
  readonly pieces: ReadonlyArray<Uint8Array | Initializer>
  /** Of all pieces together. */
  readonly bytes: number
}

/**
 * A graph as an ONNX model (onnx.proto3: ModelProto, whose numbers the fields below are).
 *
 * @param outside names of data that stands beside the model: external data, each in a file of its own name
 */
export const onnxModel = (
  graph: OnnxGraph,
  { format, operators }: OnnxVersion,
  outside: ReadonlySet<Value> = new Set()
): OnnxModel => {
  const all = [...graph.initializers.values()]
  const inside = all.filter(({ name }) => !outside.has(name))
  const start = written((pbf) => {
    for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node)
    pbf.writeStringField(2, "nuner")
    for (const initializer of all) if (outside.has(initializer.name)) pbf.writeMessage(5, writeReference, initializer)
  })
  const data = inside.flatMap((initializer) => [tensorHead(initializer), initializer])
  const ports = written((pbf) => {
    for (const port of graph.inputs) pbf.writeMessage(11, writePort, port)
    for (const port of graph.outputs) pbf.writeMessage(12, writePort, port)
  })
  const body = [start, ...data, ports]
  const head = written((pbf) => {
    pbf.writeVarintField(1, format)
    pbf.writeStringField(2, "nuner")
    pbf.writeMessage(8, writeOperators, { domain: "", version: operators })
    if (graph.nodes.some(isOwn)) pbf.writeMessage(8, writeOperators, ownOperators)
    writeHead(pbf, 7, sizeOf(body))
  })
  const pieces = [head, ...body]
  return { pieces, bytes: sizeOf(pieces) }
}

const written = (write: (pbf: PbfWriter) => void): Uint8Array => {
  const pbf = new PbfWriter()
  write(pbf)
  return pbf.finish()
}

const sizeOf = (pieces: OnnxModel["pieces"]): number =>
  pieces.reduce((sum, piece) => sum + (piece instanceof Uint8Array ? piece.length : piece.bytes), 0)

/** What stands before `bytes` bytes of raw data or of a message. */
const writeHead = (pbf: PbfWriter, field: number, bytes: number): void => {
  const lengthDelimited = 2
  pbf.writeTag(field, lengthDelimited)
  pbf.writeVarint(bytes)
}

/** A TensorProto in field 5 of the graph, up to its raw data. */
const tensorHead = (initializer: Initializer): Uint8Array => {
  const fields = written((pbf) => {
    writeDescription(initializer, pbf)
    writeHead(pbf, 9, initializer.bytes)
  })
  const head = written((pbf) => writeHead(pbf, 5, fields.length + initializer.bytes))
  return new Uint8Array([...head, ...fields])
}

/** A TensorProto whose data is external (field 14 is 1), and where (field 13). */
const writeReference = (initializer: Initializer, pbf: PbfWriter): void => {
  writeDescription(initializer, pbf)
  pbf.writeMessage(13, writeEntry, { key: "location", value: initializer.name })
  pbf.writeVarintField(14, 1)
}

const writeEntry = ({ key, value }: { readonly key: string; readonly value: string }, pbf: PbfWriter): void => {
  pbf.writeStringField(1, key)
  pbf.writeStringField(2, value)
}

const writeDescription = ({ name, shape, type }: Initializer, pbf: PbfWriter): void => {
  for (const side of shape) pbf.writeVarintField(1, side)
  pbf.writeVarintField(2, elementType[type])
  pbf.writeStringField(8, name)
}

const writeOperators = (
  { domain, version }: { readonly domain: string; readonly version: number },
  pbf: PbfWriter
): void => {
  pbf.writeStringField(1, domain)
  pbf.writeVarintField(2, version)
}

const isOwn = ({ attributes, operator }: Node): boolean =>
  operator.startsWith(ownOperators.domain) ||
  Object.values(attributes).some((value) => typeof value === "object" && "branch" in value && isOwn(value.branch))

const writeNode = ({ attributes, inputs, operator, outputs }: Node, pbf: PbfWriter): void => {
  for (const name of inputs) pbf.writeStringField(1, name)
  for (const name of outputs) pbf.writeStringField(2, name)
  pbf.writeStringField(3, `${outputs[0]}`)
  pbf.writeStringField(4, operator.slice(operator.lastIndexOf(".") + 1))
  pbf.writeStringField(7, operator.slice(0, Math.max(0, operator.lastIndexOf("."))))
  for (const attribute of Object.entries(attributes)) pbf.writeMessage(5, writeAttribute, attribute)
}

/** Field 20 says which of the others holds: 1 a float, 2 an integer, 3 a text, 5 a graph, 7 integers. */
const writeAttribute = ([name, value]: [string, Node["attributes"][string]], pbf: PbfWriter): void => {
  pbf.writeStringField(1, name)
  const kind = (number: number) => pbf.writeVarintField(20, number)
  if (typeof value === "number") {
    pbf.writeVarintField(3, value)
    kind(2)
  } else if ("text" in value) {
    pbf.writeStringField(4, value.text)
    kind(3)
  } else if ("float" in value) {
    pbf.writeFloatField(2, value.float)
    kind(1)
  } else if ("branch" in value) {
    pbf.writeMessage(6, writeBranch, value.branch)
    kind(5)
  } else {
    for (const item of value) pbf.writeVarintField(8, item)
    kind(7)
  }
}

/** A graph of a single node: what it reads beside is the graph's around it, and of what it gives the name alone is said. */
const writeBranch = (node: Node, pbf: PbfWriter): void => {
  pbf.writeMessage(1, writeNode, node)
  pbf.writeStringField(2, "branch")
  for (const name of node.outputs) pbf.writeMessage(12, (name, pbf) => pbf.writeStringField(1, name), name)
}

const writePort = ({ name, shape, type }: Port, pbf: PbfWriter): void => {
  pbf.writeStringField(1, name)
  pbf.writeMessage(2, (_, pbf) => pbf.writeMessage(1, writeTensorType, { shape, type }), undefined)
}

const writeTensorType = ({ shape, type }: Pick<Port, "shape" | "type">, pbf: PbfWriter): void => {
  pbf.writeVarintField(1, elementType[type])
  pbf.writeMessage(2, writeShape, shape)
}

const writeShape = (shape: Port["shape"], pbf: PbfWriter): void => {
  for (const side of shape) pbf.writeMessage(1, writeExtent, side)
}

const writeExtent = (side: Port["shape"][number], pbf: PbfWriter): void => {
  if (typeof side === "number") pbf.writeVarintField(1, side)
  else if (side !== undefined) pbf.writeStringField(2, side)
}
