import type { EncoderConfig } from "../config/EncoderConfig.ts"
import type { Parts, PartsAttention } from "./Parts.ts"

/** What a checkpoint calls the parts of a layer, after the layer's own name. */
export interface LayerNames {
  readonly query: string
  readonly key: string
  readonly value: string
  /** The product that follows attention. */
  readonly attended: string
  readonly attentionNorm: string
  /** The two products of the feed-forward network. */
  readonly up: string
  readonly down: string
  readonly norm: string
}

/**
 * Attention and feed-forward, each added to its input and normalised after (Vaswani et al. 2017).
 *
 * @param at the layer's name
 * @param options of attention, given queries and keys
 */
export const postNormLayer = <X>(
  parts: Parts<X>,
  { hidden, feedForward }: EncoderConfig,
  at: string,
  names: LayerNames,
  x: X,
  options: (q: X, k: X) => PartsAttention<X> = () => ({})
): X => {
  const dense = (name: keyof LayerNames, input: X, width = hidden) => parts.linear(`${at}.${names[name]}`, input, width)
  const addNorm = (name: keyof LayerNames, site: string, output: X, input: X) =>
    parts.norm(`${at}.${names[name]}`, parts.add(parts.dropout(`${at}.${site}`, output), input))
  const [q, k, v] = [dense("query", x), dense("key", x), dense("value", x)] as const
  const attended = parts.attention(`${at}.attention.self`, q, k, v, options(q, k))
  const y = addNorm("attentionNorm", "attention.output", dense("attended", attended), x)
  return addNorm("norm", "output", dense("down", parts.gelu(dense("up", y, feedForward))), y)
}
