import { forward, type Model, type TokenBatch } from "@nuner/encoder"
import type { DropoutKey, tf } from "@nuner/engine"
import { frozenLayersOf, type TrainingSettings } from "./options.ts"

/** Token vectors of the last layer, `[rows, tokens, hidden]`. Without a key no dropout; causal: each token sees those before it only. */
export type EncoderPass = (
  batch: TokenBatch,
  options?: { dropout?: DropoutKey | undefined; causal?: boolean }
) => tf.Tensor3D

/**
 * The forward pass of an encoder under training, with the run's dropout.
 *
 * @param freezes whether this is the encoder whose bottom layers may be frozen: these then run off the tape
 */
export const encoderPass = ({ config, parameters }: Model, settings: TrainingSettings, freezes = true): EncoderPass => {
  const { checkpointLayers, dropout: rate } = settings
  const model = { config: { ...config, dropout: rate, attentionDropout: rate }, parameters }
  const frozenLayers = freezes ? frozenLayersOf(settings, config.layers) : undefined
  return (batch, { causal = false, dropout } = {}) => {
    const [states] = forward(model, batch, {
      causal,
      checkpointLayers,
      ...(dropout && { dropout }),
      ...(frozenLayers !== undefined && { frozenLayers })
    })
    return states!
  }
}
