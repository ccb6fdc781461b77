import { type EncoderConfig, forward, initEncoder } from "@nuner/encoder"
import { adamW, contrastiveBce, freeze, type Parameters, tf, variableGrads } from "@nuner/engine"

/** Concepts of a batch. */
export const concepts = 256

export interface StepShape {
  readonly rows: number
  readonly tokens: number
  /** Layers frozen from the bottom, the embeddings with them. */
  readonly frozen: number
  /** Rate of dropout in the step: on embeddings, attention weights and what is added to a layer's input. */
  readonly dropout: number
}

/** Token ids of a batch, row by row: the same for every side of a comparison. */
export const idsOf = ({ rows, tokens }: Pick<StepShape, "rows" | "tokens">, vocabSize = 8000): Int32Array =>
  Int32Array.from({ length: rows * tokens }, (_, i) => 5 + ((i * 7919) % (vocabSize - 5)))

/** An encoder with random weights, its forward pass, and its step: contrastive loss, gradients, AdamW; each ends when its numbers are there. */
export function encoderStep(architecture: EncoderConfig, shape: StepShape, vocabSize?: number) {
  const { dropout, frozen, rows, tokens } = shape
  const config = { ...architecture, dropout, attentionDropout: dropout }
  const parameters: Parameters = initEncoder(config, 1)
  parameters.concepts = tf.variable(tf.randomNormal([concepts, config.hidden], 0, 0.2, "float32", 1))
  if (frozen > 0) {
    const bottom = (name: string) => Number(/^encoder\.layer\.(\d+)\./.exec(name)?.[1] ?? frozen) < frozen
    freeze(parameters, (name) => name.startsWith("embeddings.") || bottom(name))
  }
  const batch = { ids: idsOf(shape, vocabSize), mask: new Int32Array(rows * tokens).fill(1), rows, tokens }
  const targets = {
    tokens: Int32Array.from(batch.ids, (_, i) => i),
    concepts: Int32Array.from(batch.ids, (_, i) => i % concepts)
  }
  const model = { config, parameters }
  let steps = 0
  const loss = () => {
    const [hidden] = forward(model, batch, dropout > 0 ? { dropout: { seed: 1, step: steps++, site: "" } } : {})
    const h = tf.reshape(hidden!, [rows * tokens, config.hidden]) as tf.Tensor2D
    return contrastiveBce({ h, u: parameters.concepts as tf.Tensor2D }, targets)
  }
  const optimizer = adamW()
  const state = optimizer.init(parameters)
  return {
    forward: async (): Promise<void> => {
      const [hidden] = forward(model, batch)
      await hidden!.data()
      hidden!.dispose()
    },
    /** Gives the loss before the update. */
    step: async (): Promise<number> => {
      const { value, grads } = variableGrads(loss, parameters)
      optimizer.update(parameters, grads, state, 1e-4)
      const [before] = await value.data()
      tf.dispose([value, ...Object.values(grads)])
      return before!
    },
    dispose: () => tf.dispose([parameters, state.tensors])
  }
}
