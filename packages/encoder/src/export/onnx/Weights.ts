import type { OnnxGraph, Value } from "@nuner/engine"

/** What the numbers of an exported model are kept in: 32-bit floats, 16-bit floats, or 8-bit integers where weights meet activations. */
export type OnnxType = "fp32" | "fp16" | "int8"

/** How a model's weights enter a graph: one implementation for each OnnxType. */
export interface Weights {
  /** The type that activations have. */
  readonly float: "float32" | "float16"
  /** What is small: a bias, a norm's scale. */
  vector(name: string): Value
  /** Rows of a table, `[...ids, hidden]`. */
  rows(name: string, ids: Value): Value
  /** `x W + b`, or `x W`. */
  linear(name: string, x: Value, bias: boolean): Value
  /**
   * `x W + b` of a head. Floats also where the encoder's are integers: it is small, and reads states in which a few numbers are many times as large as the
   * others, so that 8 bits leave nothing of the others.
   */
  head(name: string, x: Value): Value
}

/** The numbers of a weight: a tensor, or what was read from a file. */
export interface WeightNumbers {
  /** A linear kernel is `[in, out]`. */
  readonly shape: ReadonlyArray<number>
  /** The numbers are those of `[out, in]`, as files have them. */
  readonly transposed?: boolean
  data(): Promise<ArrayLike<number>>
}

export interface WeightsSource {
  readonly graph: OnnxGraph
  readonly parameters: Readonly<Record<string, WeightNumbers>>
}

export const read = async (weight: WeightNumbers): Promise<Float32Array> => (await weight.data()) as Float32Array

export const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
