import type { Model } from "@nuner/encoder"
import { contrastiveBce, fanInInit, type Head, linear, type Parameters, tf } from "@nuner/engine"
import { type EncoderPass, encoderPass } from "../encoderPass.ts"
import type { ObjectiveContext } from "../Objective.ts"
import type { ContrastiveBatch } from "./ContrastiveBatch.ts"
import type { PretrainSettings } from "./options.ts"

/** What is decided between the two encoders' vectors and the loss. */
export type ContrastiveSettings = Pick<
  PretrainSettings,
  "similarity" | "temperature" | "conceptPooling" | "positiveWeight" | "unlabelledWeight"
>

/** The two encoders of Figure 5, and what stands between their vectors and the sigmoid. */
export interface ContrastiveModel {
  readonly text: EncoderPass
  readonly concept: EncoderPass
  readonly settings: ContrastiveSettings
  /**
   * What is learned there, as far as the settings ask for it: `logit.bias` `[]`, added to every logit; `logit.logTemperature` `[]`;
   * `projection.text` and `projection.concept` `[hidden, width]`.
   */
  readonly head: Parameters
}

/** @param bias the offset of the logits to start from; absent: none is learned */
export const contrastiveModel = (
  text: Model,
  concept: Model,
  settings: PretrainSettings,
  bias: number | undefined
): ContrastiveModel => ({
  text: encoderPass(text, settings),
  concept: encoderPass(concept, settings, false),
  settings,
  head: tf.tidy(() => {
    const { learnTemperature, projection, seed } = settings
    const kernel = (name: string, hidden: number) => tf.variable(fanInInit([hidden, projection!], { seed, name }))
    return {
      ...(bias !== undefined && { "logit.bias": tf.variable(tf.scalar(bias)) }),
      ...(learnTemperature && {
        "logit.logTemperature": tf.variable(tf.scalar(Math.log(temperatureOf(settings, text.config.hidden))))
      }),
      ...(projection !== undefined && {
        "projection.text": kernel("projection.text", text.config.hidden),
        "projection.concept": kernel("projection.concept", concept.config.hidden)
      })
    }
  })
})

/** tau, as a number. */
export const temperatureOf = ({ temperature }: ContrastiveSettings, hidden: number): number =>
  temperature === "sqrt-hidden" ? Math.sqrt(hidden) : temperature

/** Token vectors h `[windows * tokens, width]`, concept vectors u `[concepts, width]`, and how their products become logits. */
export const logitHead = (
  model: ContrastiveModel,
  batch: ContrastiveBatch,
  dropout?: ObjectiveContext["dropout"]
): Head => {
  const { head, settings } = model
  const key = (site: string) => dropout && { ...dropout, site: `contrastive/${site}` }
  const states = model.text(batch.text, { dropout: key("text") }) // [windows, tokens, hidden]
  const hidden = states.shape[2]
  const tokens = tf.reshape(states, [batch.text.rows * batch.text.tokens, hidden]) as tf.Tensor2D
  const concepts = pool(model.concept(batch.names, { dropout: key("concept") }), batch, settings.conceptPooling)
  const side = (x: tf.Tensor2D, projection: tf.Variable | undefined): tf.Tensor2D => {
    const projected = projection ? linear(x, projection) : x
    return settings.similarity === "cosine" ? unitRows(projected) : projected
  }
  const logTemperature = head["logit.logTemperature"]
  const bias = head["logit.bias"]
  return {
    h: side(tokens, head["projection.text"]),
    u: side(concepts, head["projection.concept"]),
    scale: logTemperature ? tf.exp(tf.neg(logTemperature)) : 1 / temperatureOf(settings, hidden),
    ...(bias && { bias })
  }
}

/**
 * NuNER's loss on a batch (section 3.2): z[b,t,c] = <h[b,t], u[c]> / tau + bias, p = sigmoid(z), mean binary cross-entropy over every
 * real token x every concept of the batch.
 */
export const contrastiveLoss = (
  model: ContrastiveModel,
  batch: ContrastiveBatch,
  { dropout, report }: Partial<ObjectiveContext> = {}
): tf.Scalar =>
  tf.tidy(() => {
    const { ignored, positives, tokenMask } = batch.targets
    const { positiveWeight, unlabelledWeight } = model.settings
    const tokenWeights = Float32Array.from(tokenMask, (counts) => counts * unlabelledWeight)
    for (const token of positives.tokens) tokenWeights[token] = 1
    return contrastiveBce(logitHead(model, batch, dropout), positives, {
      tokenWeights,
      positiveWeight,
      ...(ignored.tokens.length > 0 && { ignored }),
      ...(report && { report })
    })
  })

/** One vector a concept: `[concepts, hidden]`. */
const pool = (
  states: tf.Tensor3D,
  { nameContent, names }: ContrastiveBatch,
  pooling: ContrastiveSettings["conceptPooling"]
): tf.Tensor2D => {
  const hidden = states.shape[2]
  if (pooling === "first") return tf.reshape(tf.slice(states, [0, 0, 0], [names.rows, 1, hidden]), [names.rows, hidden])
  const weights = new Float32Array(nameContent.length)
  for (let row = 0; row < names.rows; row++) {
    const content = nameContent.subarray(row * names.tokens, (row + 1) * names.tokens)
    const count = content.reduce((sum, counts) => sum + counts, 0)
    weights.set(
      content.map((counts) => counts / count),
      row * names.tokens
    )
  }
  const mean = tf.matMul(tf.tensor3d(weights, [names.rows, 1, names.tokens]), states) // [concepts, 1, hidden]
  return tf.reshape(mean, [names.rows, hidden])
}

/** Each row divided by its length. */
const unitRows = (x: tf.Tensor2D): tf.Tensor2D => tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12)))
