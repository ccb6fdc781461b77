import { OptionError } from "@nuner/core"

/** The two architectures. They differ in position ids, defaults and tokenizer; their parameters have the same names. */
export type Architecture = "roberta" | "bert"

/** Sizes and constants of a post-norm Transformer encoder (BERT, Devlin et al. 2019; RoBERTa, Liu et al. 2019). */
export interface EncoderConfig {
  readonly architecture: Architecture
  readonly vocabSize: number
  /** Width of a token's vector. */
  readonly hidden: number
  readonly layers: number
  /** Attention heads; divides `hidden`. */
  readonly heads: number
  /** Width of the feed-forward layer. */
  readonly feedForward: number
  /** Rows of the position table. RoBERTa's first `padId + 1` rows are never a token's. */
  readonly positions: number
  /** Rows of the token-type table; every token is of type 0. */
  readonly typeVocab: number
  readonly layerNormEps: number
  readonly padId: number
  /** Rate of dropout after embeddings, attention output and feed-forward output, in training only. */
  readonly dropout: number
  /** Rate of dropout on attention weights, in training only. */
  readonly attentionDropout: number
  /** Standard deviation of initial weights. */
  readonly initializerRange: number
}

/** The most tokens, special ones included, that one window holds: RoBERTa counts positions from `padId + 1`. */
export const maxTokens = (config: EncoderConfig): number =>
  config.architecture === "roberta" ? config.positions - config.padId - 1 : config.positions

/** A sane bound: a damaged file must not make us list the parameters of a billion layers. */
const mostLayers = 1024

/**
 * A config whose numbers fit together.
 *
 * @throws OptionError naming the field
 */
export const checkConfig = (config: EncoderConfig): EncoderConfig => {
  const fail = (option: string, reason: string): never => {
    throw new OptionError({ component: "encoder", option, reason })
  }
  for (const field of ["vocabSize", "hidden", "layers", "heads", "feedForward", "positions", "typeVocab"] as const) {
    const value = config[field]
    if (!Number.isSafeInteger(value) || value < 1) fail(field, `must be a positive integer, got ${value}`)
  }
  if (config.layers > mostLayers) fail("layers", `must be at most ${mostLayers}, got ${config.layers}`)
  for (const field of ["dropout", "attentionDropout"] as const) {
    if (!(config[field] >= 0 && config[field] < 1)) fail(field, `must be in [0, 1), got ${config[field]}`)
  }
  for (const field of ["layerNormEps", "initializerRange"] as const) {
    if (!(config[field] > 0 && config[field] < 1)) fail(field, `must be in (0, 1), got ${config[field]}`)
  }
  if (config.hidden % config.heads !== 0) fail("heads", `${config.heads} does not divide hidden = ${config.hidden}`)
  const { padId, vocabSize } = config
  if (!Number.isInteger(padId) || padId < 0 || padId >= vocabSize)
    fail("padId", `must be in 0..${vocabSize - 1}, got ${padId}`)
  if (maxTokens(config) < 4)
    fail("positions", `${config.positions} leave room for ${maxTokens(config)} tokens, too few`)
  return config
}
