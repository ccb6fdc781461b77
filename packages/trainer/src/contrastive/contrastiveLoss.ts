import { forward, type Model } from "@nuner/encoder"
import { contrastiveBce, type DropoutKey, tf } from "@nuner/engine"
import type { ContrastiveBatch } from "./ContrastiveBatch.ts"

/** The two encoders of Figure 5, and what stands between their dot product and the sigmoid. */
export interface ContrastiveModel {
  readonly text: Model
  readonly concept: Model
  /** Multiplies the dot product: 1 / tau. */
  readonly scale: number
  /** Learned offset of every logit `[]`; `undefined`: none. */
  readonly bias: tf.Variable | undefined
  readonly conceptPooling: "first" | "mean"
  /** Embeddings and this many bottom layers of the text encoder are not trained. */
  readonly frozenLayers: number | undefined
}

export interface LossContext {
  /** Absent: no dropout. */
  readonly dropout?: DropoutKey | undefined
  readonly report?: ((name: string, value: number) => void) | undefined
}

/** One vector a concept: `[concepts, hidden]`. */
export const conceptVectors = (
  { concept, conceptPooling }: ContrastiveModel,
  { nameContent, names }: ContrastiveBatch,
  dropout?: DropoutKey
): tf.Tensor2D =>
  tf.tidy(() => {
    const key = dropout && { ...dropout, site: `${dropout.site}/concept` }
    const [states] = forward(concept, names, key ? { dropout: key } : {}) // [concepts, tokens, hidden]
    const { hidden } = concept.config
    if (conceptPooling === "first") {
      return tf.reshape(tf.slice(states!, [0, 0, 0], [names.rows, 1, hidden]), [names.rows, hidden])
    }
    const weights = new Float32Array(nameContent.length)
    for (let row = 0; row < names.rows; row++) {
      const at = row * names.tokens
      let count = 0
      for (let t = 0; t < names.tokens; t++) count += nameContent[at + t]!
      for (let t = 0; t < names.tokens; t++) weights[at + t] = nameContent[at + t]! / Math.max(1, count)
    }
    const mean = tf.matMul(tf.tensor3d(weights, [names.rows, 1, names.tokens]), states!) // [concepts, 1, hidden]
    return tf.reshape(mean, [names.rows, hidden])
  })

/** Token vectors of the last layer: `[sentences * tokens, hidden]`. */
export const tokenVectors = (
  { frozenLayers, text }: ContrastiveModel,
  batch: ContrastiveBatch,
  dropout?: DropoutKey
): tf.Tensor2D =>
  tf.tidy(() => {
    const [states] = forward(text, batch.text, {
      ...(dropout ? { dropout: { ...dropout, site: `${dropout.site}/text` } } : {}),
      ...(frozenLayers === undefined ? {} : { frozenLayers })
    })
    return tf.reshape(states!, [batch.text.rows * batch.text.tokens, text.config.hidden])
  })

/**
 * NuNER's loss on a batch (section 3.2): z[b,t,c] = scale * <h[b,t], u[c]> + bias, p = sigmoid(z), mean binary cross-entropy over every
 * real token x every concept of the batch.
 */
export const contrastiveLoss = (
  model: ContrastiveModel,
  batch: ContrastiveBatch,
  { dropout, report }: LossContext = {}
): tf.Scalar =>
  tf.tidy(() => {
    const { ignored, positives, tokenMask } = batch.targets
    return contrastiveBce(
      {
        h: tokenVectors(model, batch, dropout),
        u: conceptVectors(model, batch, dropout),
        scale: model.scale,
        ...(model.bias === undefined ? {} : { bias: model.bias })
      },
      positives,
      { tokenMask, ...(ignored.tokens.length > 0 ? { ignored } : {}), ...(report ? { report } : {}) }
    )
  })
