import { OptionError } from "@nuner/core"
import type { Architecture } from "../backbones/Backbone.ts"
import { backboneOf } from "../backbones/backbones.ts"

/** Sizes and constants that every backbone has; a backbone's own ones stand in its folder. */
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
  /** Rows of the position table; where positions are counted from `padId + 1`, the first ones are never a token's. */
  readonly positions: number
  readonly layerNormEps: number
  readonly padId: number
  /** Rate of dropout after embeddings, attention output and feed-forward output, in training only. */
  readonly dropout: number
  /** Rate of dropout on attention weights, in training only. */
  readonly attentionDropout: number
  /** Standard deviation of initial weights. */
  readonly initializerRange: number
}

/** The most tokens, special ones included, that one window holds. */
export const maxTokens = (config: EncoderConfig): number =>
  backboneOf(config).counting === "tokens" ? config.positions - config.padId - 1 : config.positions

/** A sane bound: a damaged file must not make us list the parameters of a billion layers. */
const mostLayers = 1024

/**
 * A config whose numbers fit together.
 *
 * @throws OptionError naming the field
 */
export const checkConfig = <C extends EncoderConfig>(config: C): C => {
  const fail = (option: string, reason: string): never => {
    throw new OptionError({ component: "encoder", option, reason })
  }
  for (const [option, { fits, range }] of Object.entries(backboneOf(config).fields)) {
    const value = config[option as keyof C]
    if (typeof value !== "number" || !fits(value)) fail(option, `must be ${range}, got ${value}`)
  }
  const { heads, hidden, layers, padId, positions, vocabSize } = config
  if (layers > mostLayers) fail("layers", `must be at most ${mostLayers}, got ${layers}`)
  if (hidden % heads !== 0) fail("heads", `${heads} does not divide hidden = ${hidden}`)
  if (padId >= vocabSize) fail("padId", `must be in 0..${vocabSize - 1}, got ${padId}`)
  if (maxTokens(config) < 4) fail("positions", `${positions} leave room for ${maxTokens(config)} tokens, too few`)
  return config
}

/** Their indices among the `layers + 1` hidden states. @throws OptionError for one that is not there, and for none */
export const resolveLayers = (config: EncoderConfig, layers: ReadonlyArray<number>, lowest?: number): Array<number> => {
  if (layers.length > 0) return layers.map((layer) => resolveLayer(config, layer, lowest))
  throw new OptionError({ component: "encoder", option: "layers", reason: "names no layer", remedy: "-1 is the last" })
}

/** Index among the `layers + 1` hidden states. */
const resolveLayer = (config: EncoderConfig, layer: number, lowest = 0): number => {
  const index = layer < 0 ? config.layers + 1 + layer : layer
  if (!Number.isInteger(index) || index < lowest || index > config.layers) {
    const range = lowest > 0 ? `${lowest}..${config.layers}` : `-${config.layers + 1}..${config.layers}`
    throw new OptionError({ component: "encoder", option: "layers", reason: `${layer} is not in ${range}` })
  }
  return index
}

/** @throws OptionError for a batch without rows, and for more tokens than the position table holds */
export const checkBatch = (
  config: EncoderConfig,
  { rows, tokens }: { readonly rows: number; readonly tokens: number }
): void => {
  if (rows === 0 || tokens === 0) {
    const reason = `is [${rows}, ${tokens}]: there is nothing to read`
    throw new OptionError({ component: "encoder", option: "batch", reason })
  }
  if (tokens > maxTokens(config)) {
    throw new OptionError({
      component: "encoder",
      option: "batch",
      reason: `${tokens} tokens are more than the ${maxTokens(config)} that the position table holds`,
      remedy: "cut the text into windows: tokenWindows"
    })
  }
}
