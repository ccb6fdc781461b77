import { Protobuf } from "./Protobuf.ts"
import { type ElementType, elementType } from "./Runtime.ts"

/** The versions of ONNX that the models are written for. */
const irVersion = 10
const operatorSets = { "": 20, "com.microsoft": 1 }

/** The name of a value inside a graph. */
export type Value = string

/** An attribute of an ONNX operator: a whole number, a list of them, a text, or `{ float }`. */
export type Attribute = number | readonly number[] | string | { readonly float: number }

interface Node {
  readonly operator: string
  readonly domain: keyof typeof operatorSets
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

interface Port {
  readonly name: Value
  readonly type: ElementType
  readonly rank: number
}

interface Constant {
  readonly name: Value
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly data: Uint8Array
}

/** An ONNX graph under construction: operators are added in the order of their computation, every extent stays open. */
export class Graph {
  readonly inputs: Port[] = []
  readonly outputs: Port[] = []
  readonly #nodes: Node[] = []
  readonly #constants = new Map<string, Constant>()
  #count = 0

  input(type: ElementType, rank: number): Value {
    const name = this.#fresh()
    this.inputs.push({ name, type, rank })
    return name
  }

  output(name: Value, type: ElementType, rank: number): void {
    this.outputs.push({ name, type, rank })
  }

  /** Adds an operator with one result; an input that an operator leaves out is written "". */
  op(operator: string, inputs: readonly Value[], attributes: Node["attributes"] = {}): Value {
    return this.ops(operator, inputs, attributes, 1)[0]!
  }

  /** Adds an operator with `count` results. */
  ops(operator: string, inputs: readonly Value[], attributes: Node["attributes"], count: number): Value[] {
    return this.#node(operator, "", inputs, attributes, count)
  }

  /** Adds one of ONNX Runtime's own operators. */
  contrib(operator: string, inputs: readonly Value[], attributes: Node["attributes"] = {}, count = 1): Value[] {
    return this.#node(operator, "com.microsoft", inputs, attributes, count)
  }

  /** A list of whole numbers: axes, shapes. */
  int64s(values: readonly number[]): Value {
    const data = new BigInt64Array(values.map(BigInt))
    return this.#constant(`int64s ${values}`, "int64", [values.length], new Uint8Array(data.buffer))
  }

  int64(value: number): Value {
    return this.#constant(`int64 ${value}`, "int64", [], new Uint8Array(BigInt64Array.of(BigInt(value)).buffer))
  }

  float(value: number): Value {
    const key = Object.is(value, -0) ? "-0" : String(value)
    return this.#constant(`float ${key}`, "float32", [], new Uint8Array(Float32Array.of(value).buffer))
  }

  int(value: number): Value {
    return this.#constant(`int ${value}`, "int32", [], new Uint8Array(Int32Array.of(value).buffer))
  }

  /** A tensor of numbers that are compiled in. */
  weights(dims: readonly number[], numbers: Float32Array): Value {
    const data = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
    return this.#constant(`weights ${this.#constants.size}`, "float32", dims, data)
  }

  /** A scalar of that type. */
  scalar(value: number, type: "float32" | "int32"): Value {
    return type === "float32" ? this.float(value) : this.int(value)
  }

  cast(value: Value, type: ElementType): Value {
    return this.op("Cast", [value], { to: elementType[type] })
  }

  /** The model as ONNX ModelProto bytes, in memory that the caller may provide. Field numbers: onnx.proto3. */
  encode(allocate?: (bytes: number) => Uint8Array): Uint8Array {
    const graph = new Protobuf()
    for (const node of this.#nodes) graph.message(1, encodeNode(node))
    graph.string(2, "kernel")
    for (const { name, type, dims, data } of this.#constants.values()) {
      const tensor = new Protobuf()
      for (const extent of dims) tensor.int(1, extent)
      graph.message(5, tensor.int(2, elementType[type]).string(8, name).bytes(9, data))
    }
    for (const port of this.inputs) graph.message(11, encodePort(port))
    for (const port of this.outputs) graph.message(12, encodePort(port))

    const model = new Protobuf().int(1, irVersion).message(7, graph)
    for (const [domain, version] of Object.entries(operatorSets)) {
      model.message(8, new Protobuf().string(1, domain).int(2, version))
    }
    return model.finish(allocate)
  }

  #node(
    operator: string,
    domain: Node["domain"],
    inputs: readonly Value[],
    attributes: Node["attributes"],
    count: number
  ): Value[] {
    const outputs = Array.from({ length: count }, () => this.#fresh())
    this.#nodes.push({ operator, domain, inputs, outputs, attributes })
    return outputs
  }

  #constant(key: string, type: ElementType, dims: readonly number[], data: Uint8Array): Value {
    let constant = this.#constants.get(key)
    if (constant === undefined) {
      constant = { name: this.#fresh(), type, dims, data }
      this.#constants.set(key, constant)
    }
    return constant.name
  }

  #fresh(): Value {
    return `v${this.#count++}`
  }
}

function encodeNode({ operator, domain, inputs, outputs, attributes }: Node): Protobuf {
  const node = new Protobuf()
  for (const name of inputs) node.string(1, name)
  for (const name of outputs) node.string(2, name)
  node.string(4, operator)
  for (const [name, value] of Object.entries(attributes)) {
    const attribute = new Protobuf().string(1, name)
    const [float, int, string, ints] = [1, 2, 3, 7]
    if (typeof value === "number") attribute.int(3, value).int(20, int)
    else if (typeof value === "string") attribute.string(4, value).int(20, string)
    else if ("float" in value) attribute.float(2, value.float).int(20, float)
    else {
      for (const item of value) attribute.int(8, item)
      attribute.int(20, ints)
    }
    node.message(5, attribute)
  }
  return domain === "" ? node : node.string(7, domain)
}

/** A ValueInfoProto whose extents carry no number, so that one model serves all shapes of its rank. */
function encodePort({ name, type, rank }: Port): Protobuf {
  const shape = new Protobuf()
  for (let i = 0; i < rank; i++) shape.message(1, new Protobuf())
  const tensor = new Protobuf().int(1, elementType[type]).message(2, shape)
  return new Protobuf().string(1, name).message(2, new Protobuf().message(1, tensor))
}
