import {
  backboneOf,
  type EncoderConfig,
  type LanguageHead,
  languageHeadSpecs,
  type Model,
  type TokenBatch
} from "@nuner/encoder"
import { gelu, layerNorm, linear, linearCrossEntropy, normalInit, stopGradient, tf } from "@nuner/engine"
import type { EncoderPass } from "../encoderPass.ts"
import type { ObjectiveContext } from "../Objective.ts"

/** A head to start from: dense, GELU, LayerNorm, then the embedding table as output layer. */
export const initLanguageHead = (config: EncoderConfig, seed: number): LanguageHead =>
  tf.tidy(() => {
    const dense = { seed, name: "lm_head.dense" }
    const start = (name: string, shape: Array<number>) => {
      if (name === "lm_head.dense.weight") return normalInit(shape, dense, 1 / Math.sqrt(config.hidden))
      return name === "lm_head.layer_norm.weight" ? tf.ones(shape) : tf.zeros(shape)
    }
    const specs = languageHeadSpecs(config)
    return Object.fromEntries(specs.map(({ name, shape }) => [name, tf.variable(start(name, [...shape]))]))
  })

/** Rows of tokens, and which of them are predicted. */
export interface LanguageBatch {
  /** `[rows, tokens]` */
  readonly text: TokenBatch
  /** Flat positions whose vector predicts, and what it should predict. */
  readonly positions: Int32Array
  readonly targets: Int32Array
  /** Left to right, each token from those before it; otherwise masked. */
  readonly causal: boolean
  /** Whether the head alone learns from it, the encoder as it is. */
  readonly headOnly: boolean
}

export interface LanguageModel {
  readonly encoder: Model
  readonly pass: EncoderPass
  readonly head: LanguageHead
}

/** Mean cross-entropy of the predicted tokens against the vocabulary, a scalar. */
export const languageLoss = (
  { encoder: { config, parameters }, head, pass }: LanguageModel,
  { causal, headOnly, positions, targets, text }: LanguageBatch,
  dropout?: ObjectiveContext["dropout"]
): tf.Scalar =>
  tf.tidy(() => {
    const learned = <T extends tf.Tensor>(x: T): T => (headOnly ? stopGradient(x) : x)
    const states = learned(pass(text, { causal, dropout: dropout && { ...dropout, site: "language" } }))
    const flat = tf.reshape(states, [text.rows * text.tokens, config.hidden]) as tf.Tensor2D
    const chosen = tf.gather(flat, tf.tensor1d(positions, "int32")) // [predicted, hidden]
    const dense = gelu(linear(chosen, head["lm_head.dense.weight"]!, head["lm_head.dense.bias"]))
    const h = layerNorm(dense, head["lm_head.layer_norm.weight"]!, head["lm_head.layer_norm.bias"], config.layerNormEps)
    const u = learned(parameters[`${backboneOf(config).wordTable}.weight`] as tf.Variable & tf.Tensor2D)
    return linearCrossEntropy({ h, u, bias: head["lm_head.bias"]! }, targets)
  })
