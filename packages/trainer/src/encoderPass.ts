import { forward, frozenLayersOf, type Model, type TokenBatch } from "@nuner/encoder"
import type { DropoutKey, tf } from "@nuner/engine"
import type { TrainingSettings } from "./options.ts"

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
export const encoderPass = (encoder: Model, settings: TrainingSettings, freezes = true): EncoderPass => {
  const { checkpointLayers, dropout: rate } = settings
  const { config } = encoder
  const model = { ...encoder, config: { ...config, dropout: rate, attentionDropout: rate } }
  const frozenLayers = freezes ? frozenLayersOf(config, settings.frozenLayers, "pretrain") : undefined
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
