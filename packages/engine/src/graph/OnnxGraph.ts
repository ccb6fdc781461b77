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
export interface Port {
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
