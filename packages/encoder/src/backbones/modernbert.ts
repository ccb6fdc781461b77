import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { type Backbone, rate, size, small, tokenId } from "./Backbone.ts"
import { bertFields } from "./bert.ts"

export interface ModernBertConfig extends EncoderConfig {
  /** Every so manieth layer, the first one too, attends to the whole text. */
  readonly globalEvery: number
  /** Width of the other layers' window, both sides together. */
  readonly localAttention: number
  /** Bases of the rotary positions in either kind of layer. */
  readonly globalTheta: number
  readonly localTheta: number
}

const theta = (name: string, absent: number) => ({
  ...{ name, absent, range: "above 1" },
  fits: (value: number) => value > 1
})

/**
 * ModernBERT (Warner et al. 2024), and the Ettin family: norms before attention and feed-forward, rotary positions of two bases, local attention in two of
 * three layers, a gated feed-forward network (GeGLU), no biases.
 */
export const modernbert: Backbone<ModernBertConfig> = {
  className: "ModernBert",
  prefix: "model",
  fields: {
    ...bertFields,
    positions: size("max_position_embeddings", 8192),
    layerNormEps: small("norm_eps", 1e-5),
    padId: tokenId("pad_token_id", 50_283),
    dropout: rate("mlp_dropout", 0),
    attentionDropout: rate("attention_dropout", 0),
    globalEvery: size("global_attn_every_n_layers", 3),
    localAttention: size("local_attention", 128),
    globalTheta: theta("global_rope_theta", 160_000),
    localTheta: theta("local_rope_theta", 10_000)
  },
  fixed: {
    hidden_activation: ["gelu"],
    attention_bias: [false],
    mlp_bias: [false],
    norm_bias: [false],
    classifier_bias: [false],
    classifier_activation: ["gelu"],
    decoder_bias: [true]
  },
  base: {
    architecture: "modernbert",
    vocabSize: 50_368,
    hidden: 768,
    layers: 22,
    heads: 12,
    feedForward: 1152,
    positions: 8192,
    layerNormEps: 1e-5,
    padId: 50_283,
    dropout: 0,
    attentionDropout: 0,
    initializerRange: 0.02,
    globalEvery: 3,
    localAttention: 128,
    globalTheta: 160_000,
    localTheta: 10_000
  },
  counting: "places",
  tokenTypes: false,
  languageHead: {
    dense: "head.dense",
    norm: "head.norm",
    bias: "decoder.bias",
    decoder: "decoder.weight",
    biased: false
  },
  deepLabels: true,
  wordTable: "embeddings.tok_embeddings",

  flatten: (json) => {
    const { layer_types, rope_parameters, ...rest } = json
    return { ...rest, ...everyNth(layer_types), ...thetas(rope_parameters) }
  },
  embed: (parts, { hidden }) => parts.norm("embeddings.norm", parts.words("embeddings.tok_embeddings", hidden), false),
  layer: (parts, config, index, x) => {
    const { feedForward, globalEvery, globalTheta, hidden, layers, localAttention, localTheta } = config
    const at = `layers.${index}`
    const global = index % globalEvery === 0
    const turn = (value: typeof x) => parts.rotary(value, global ? globalTheta : localTheta)
    const normed = index === 0 ? x : parts.norm(`${at}.attn_norm`, x, false)
    const [q, k, v] = parts.split(parts.linear(`${at}.attn.Wqkv`, normed, 3 * hidden, false), 3) as [
      typeof x,
      typeof x,
      typeof x
    ]
    const window = global ? {} : { window: Math.floor(localAttention / 2) }
    const attended = parts.attention(`${at}.attn`, turn(q), turn(k), v, window)
    const y = parts.add(parts.linear(`${at}.attn.Wo`, attended, hidden, false), x)
    const wide = parts.linear(`${at}.mlp.Wi`, parts.norm(`${at}.mlp_norm`, y, false), 2 * feedForward, false)
    const [input, gate] = parts.split(wide, 2) as [typeof x, typeof x]
    const gated = parts.dropout(`${at}.mlp`, parts.multiply(parts.gelu(input), gate))
    const z = parts.add(parts.linear(`${at}.mlp.Wo`, gated, hidden, false), y)
    return index === layers - 1 ? parts.norm("final_norm", z, false) : z
  }
}

/** `layer_types` as `global_attn_every_n_layers`; any other pattern stays as it is, and is refused. */
const everyNth = (types: unknown): Record<string, unknown> => {
  if (!Array.isArray(types)) return {}
  const next = types.indexOf("full_attention", 1)
  const every = next < 0 ? types.length : next
  const follows = types.every((type, i) => type === (i % every === 0 ? "full_attention" : "sliding_attention"))
  return follows ? { global_attn_every_n_layers: every } : { layer_types: types }
}

/** `rope_parameters` as two thetas; scaled ones stay as they are, and are refused. */
const thetas = (parameters: unknown): Record<string, unknown> => {
  const { full_attention: full, sliding_attention: sliding } = (parameters ?? {}) as Record<string, Rope | undefined>
  if ([full, sliding].some((rope) => (rope?.rope_type ?? "default") !== "default"))
    return { rope_parameters: parameters }
  return {
    ...(full?.rope_theta !== undefined && { global_rope_theta: full.rope_theta }),
    ...(sliding?.rope_theta !== undefined && { local_rope_theta: sliding.rope_theta })
  }
}

interface Rope {
  readonly rope_type?: unknown
  readonly rope_theta?: unknown
}
