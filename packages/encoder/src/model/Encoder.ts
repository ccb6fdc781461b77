import { disposeAll, EngineError, markOf, type Parameters, sweeper, tf, trimMemory } from "@nuner/engine"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { inferenceOf } from "../inference/Inference.ts"
import { isAdapter } from "../lora/adapterOf.ts"
import type { LoraSettings } from "../lora/LoraOptions.ts"
import { adaptedWeights, mergedWeight } from "../lora/lora.ts"
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { initEncoder } from "./initEncoder.ts"
import type { Model } from "./Model.ts"
import { parameterSpecs } from "./parameterSpecs.ts"
import { type StoredWeight, toVariable } from "./StoredWeight.ts"

/** An encoder with its tokenizer: what a Hugging Face directory holds. */
export interface Encoder extends Model {
  readonly tokenizer: Tokenizer
  /** Frees the parameters. A second call does nothing; what uses them afterwards throws. */
  dispose(): void
}

/** Puts the parts together; the encoder owns the parameters from here on, but those that are `borrowed`, by name. */
export const makeEncoder = (
  config: EncoderConfig,
  parameters: Parameters,
  tokenizer: Tokenizer,
  borrowed: ReadonlySet<string> = new Set()
): Encoder => {
  const inference = inferenceOf(
    config,
    () => parameters,
    () => markOf(parameters)
  )
  return {
    ...{ config, parameters, tokenizer, inference },
    dispose: () => {
      inference.dispose()
      disposeAll(Object.fromEntries(Object.entries(parameters).filter(([name]) => !borrowed.has(name))))
      trimMemory()
    }
  }
}

/**
 * An encoder whose weights stay as they were read until its parameters are asked for: who only reads with it (`hiddenStates`) never pays
 * for them.
 *
 * @param weights are let go one by one when they become parameters
 */
export const storedEncoder = (
  config: EncoderConfig,
  weights: Record<string, StoredWeight>,
  tokenizer: Tokenizer
): Encoder => {
  let parameters: Parameters | undefined
  let isDisposed = false
  const inference = inferenceOf(
    config,
    () => parameters ?? weights,
    () => (parameters === undefined ? [weights] : markOf(parameters))
  )
  return {
    ...{ config, tokenizer, inference },
    get parameters() {
      if (parameters === undefined) {
        if (isDisposed) throw new EngineError("An encoder was used after it was disposed")
        // It holds the weights as they were read, which would lie in memory beside their tensors.
        inference.dispose()
        parameters = toParameters(weights)
      }
      return parameters
    },
    dispose: () => {
      isDisposed = true
      if (parameters !== undefined) disposeAll(parameters)
      for (const name of Object.keys(weights)) delete weights[name]
      // The last that holds them.
      inference.dispose()
      trimMemory()
    }
  }
}

/** Bytes of weights that lie twice in memory while all are copied. */
const pieces = 2 ** 24

const toParameters = (weights: Record<string, StoredWeight>): Parameters => {
  const parameters: Parameters = {}
  const release = sweeper(pieces)
  for (const [name, weight] of Object.entries(weights)) {
    parameters[name] = toVariable(weight)
    delete weights[name]
    release(4 * weight.values.length)
  }
  return parameters
}

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

/**
 * The same weights in variables of its own; adapters are merged into them.
 *
 * @param lora adapters that the copy is to be trained by, and nothing else of it: weights that these will not be merged into stay the original's, which has
 *   to live as long
 */
export const copyEncoder = (encoder: EncoderParts, lora?: LoraSettings): Encoder => {
  const { config, tokenizer } = encoder
  const isAdapted = Object.keys(encoder.parameters).some(isAdapter)
  const own = lora === undefined || isAdapted ? undefined : adaptedWeights(config, lora)
  const borrowed = new Set<string>()
  const release = sweeper(pieces)
  const weights = parameterSpecs(config).map(({ name }) => {
    if (own !== undefined && !own.has(name)) {
      borrowed.add(name)
      return [name, encoder.parameters[name]!] as const
    }
    const copy = tf.tidy(() => copyOf(mergedWeight(encoder, name)))
    release(8 * copy.size)
    return [name, copy] as const
  })
  return makeEncoder(config, Object.fromEntries(weights), tokenizer, borrowed)
}

/** Through the host: an optimizer that works in place must not reach the original. */
const copyOf = (tensor: tf.Tensor): tf.Variable =>
  tf.variable(tf.tensor(Float32Array.from(tensor.dataSync()), tensor.shape))
