import { type Parameters, tf } from "@nuner/engine"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { initEncoder } from "./initEncoder.ts"

/** An encoder with its tokenizer: what a Hugging Face directory holds. */
export interface Encoder {
  readonly config: EncoderConfig
  readonly parameters: Parameters
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

/** A second encoder with the same weights and the same tokenizer. */
export const copyEncoder = ({ config, parameters, tokenizer }: Encoder): Encoder =>
  makeEncoder(
    config,
    Object.fromEntries(
      Object.entries(parameters).map(([name, parameter]) => [name, tf.tidy(() => tf.variable(tf.clone(parameter)))])
    ),
    tokenizer
  )
