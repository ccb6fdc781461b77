import { type Parameters, tf } from "@nuner/engine"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { mergedWeight } from "../lora/lora.ts"
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { initEncoder } from "./initEncoder.ts"
import type { Model } from "./Model.ts"
import { parameterSpecs } from "./parameterSpecs.ts"

/** An encoder with its tokenizer: what a Hugging Face directory holds. */
export interface Encoder extends Model {
  readonly tokenizer: Tokenizer
  /** Frees the parameters. */
  dispose(): void
}

/** Puts the parts together; the encoder owns the parameters from here on. */
export const makeEncoder = (config: EncoderConfig, parameters: Parameters, tokenizer: Tokenizer): Encoder => ({
  config,
  parameters,
  tokenizer,
  dispose: () => {
    for (const parameter of Object.values(parameters)) parameter.dispose()
  }
})

/**
 * A random encoder for a tokenizer: `vocabSize` and `padId` are the tokenizer's.
 *
 * @throws OptionError
 */
export const randomEncoder = (config: EncoderConfig, tokenizer: Tokenizer, seed: number): Encoder => {
  const fitted = { ...config, vocabSize: tokenizer.vocabSize, padId: tokenizer.special.pad.id }
  return makeEncoder(fitted, initEncoder(fitted, seed), tokenizer)
}

/** An encoder's parts, without its ownership. */
export type EncoderParts = Omit<Encoder, "dispose">

/** The same weights in variables of its own; adapters are merged into them. */
export const copyEncoder = (encoder: EncoderParts): Encoder => {
  const { config, tokenizer } = encoder
  const copies = parameterSpecs(config).map(({ name }) => {
    return [name, tf.tidy(() => copyOf(mergedWeight(encoder, name)))] as const
  })
  return makeEncoder(config, Object.fromEntries(copies), tokenizer)
}

/** Through the host: an optimizer that works in place must not reach the original. */
const copyOf = (tensor: tf.Tensor): tf.Variable =>
  tf.variable(tf.tensor(Float32Array.from(tensor.dataSync()), tensor.shape))
