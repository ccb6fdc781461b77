import type { Parameters, tf } from "@nuner/engine"
import type { OnnxGraph, Value } from "./OnnxGraph.ts"

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
}

export interface WeightsSource {
  readonly graph: OnnxGraph
  readonly parameters: Readonly<Parameters> | Readonly<Record<string, tf.Tensor>>
}

export const read = async (tensor: tf.Tensor): Promise<Float32Array> => (await tensor.data()) as Float32Array

export const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
