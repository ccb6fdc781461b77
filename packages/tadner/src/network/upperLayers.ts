import type { Model } from "@nuner/encoder"
import { attention, type DropoutKey, dropout, gelu, layerNorm, linear, residual, type tf } from "@nuner/engine"

export interface UpperOptions {
  /** `[rows * tokens]`, 1 for a token. */
  readonly mask: Int32Array
  /** Layers below, whose output is `x`. */
  readonly from: number
  /** How many hidden states to return: the last one, the one before it, ... */
  readonly depth: number
  readonly dropout?: DropoutKey
}

/**
 * The layers of an encoder above number `from`, as `forward` computes them, from the hidden state that the lower ones gave.
 *
 * @param x `[rows, tokens, hidden]`
 * @returns `depth` hidden states, the last layer's first
 */
export const upperLayers = (
  model: Model,
  x: tf.Tensor3D,
  { depth, dropout: key, from, mask }: UpperOptions
): Array<tf.Tensor3D> => {
  const found = [x]
  for (let index = from; index < model.config.layers; index++) found.push(layer(model, index, found.at(-1)!, mask, key))
  return found.slice(-depth).reverse()
}

const layer = (
  { config, parameters }: Model,
  index: number,
  x: tf.Tensor3D,
  mask: Int32Array,
  key: DropoutKey | undefined
): tf.Tensor3D => {
  const { attentionDropout, dropout: rate, heads, layerNormEps } = config
  const at = `encoder.layer.${index}`
  const of = (name: string) => [parameters[`${at}.${name}.weight`]!, parameters[`${at}.${name}.bias`]!] as const
  const dense = (name: string, input: tf.Tensor3D) => linear(input, ...of(name))
  const site = (name: string) => ({ ...key!, site: `${key!.site}/${at}.${name}` })
  const block = (name: string, output: tf.Tensor3D, input: tf.Tensor3D): tf.Tensor3D => {
    const y = dense(`${name}.dense`, output)
    const dropped = key === undefined || rate === 0 ? y : dropout(y, rate, site(name))
    return layerNorm(residual(dropped, input), ...of(`${name}.LayerNorm`), layerNormEps)
  }
  const self = (name: string) => dense(`attention.self.${name}`, x)
  const attended = attention(self("query"), self("key"), self("value"), {
    heads,
    mask,
    ...(key ? { dropout: { rate: attentionDropout, key: site("attention.self") } } : {})
  })
  const y = block("attention.output", attended, x)
  return block("output", gelu(dense("intermediate.dense", y)), y)
}
