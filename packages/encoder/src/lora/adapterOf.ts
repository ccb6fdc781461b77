import { type DropoutKey, dropout, EngineError, linear, tf } from "@nuner/engine"
import type { Model } from "../model/Model.ts"

/** What is added to a linear layer's output: `s (x A) B`, s = alpha / rank (Hu et al. 2021, section 4.1). */
export interface Adapter {
  /** `[in, rank]` */
  readonly a: tf.Variable
  /** `[rank, out]` */
  readonly b: tf.Variable
  readonly scale: number
  readonly dropout: number
}

/** The parameters of a layer's adapter, under PEFT's names. */
export const adapterNames = (layer: string): { readonly a: string; readonly b: string } => ({
  a: `${layer}.lora_A.weight`,
  b: `${layer}.lora_B.weight`
})

export const isAdapter = (name: string): boolean => /\.lora_[AB]\.weight$/.test(name)

/** The adapter of a linear layer, if it has one. */
export const adapterOf = ({ lora, parameters }: Model, layer: string): Adapter | undefined => {
  const names = adapterNames(layer)
  const [a, b] = [parameters[names.a], parameters[names.b]]
  if (a === undefined || b === undefined) return undefined
  // Without them the adapters' scale is unknown: a copy of the model that forgot them would compute something else.
  if (lora === undefined) throw new EngineError(`${layer} has an adapter, and the model lacks its "lora" settings`)
  return { a, b, scale: lora.alpha / lora.rank, dropout: lora.dropout }
}

/**
 * What an adapter adds to its layer's output.
 *
 * @param x `[..., in]`
 * @param key switches the dropout on
 * @returns `[..., out]`
 */
export const adapterOutput = <T extends tf.Tensor>(
  { a, b, dropout: rate, scale }: Adapter,
  x: T,
  key?: DropoutKey
): T => {
  const dropped = key === undefined || rate === 0 ? x : dropout(x, rate, key)
  return linear(tf.mul(linear(dropped, a), scale) as T, b)
}
