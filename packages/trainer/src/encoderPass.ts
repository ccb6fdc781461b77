import {
  addLora,
  type Encoder,
  forward,
  frozenLayersOf,
  loraSettings,
  type Model,
  type TokenBatch
} from "@nuner/encoder"
import type { DropoutKey, tf } from "@nuner/engine"
import type { TrainingSettings } from "./options.ts"

/** Token vectors of the last layer, `[rows, tokens, hidden]`. Without a key no dropout; causal: each token sees those before it only. */
export type EncoderPass = (
  batch: TokenBatch,
  options?: { dropout?: DropoutKey | undefined; causal?: boolean }
) => tf.Tensor3D

/**
 * An encoder with adapters beside its weights, where the settings ask for them. They are among its parameters until `mergeLora`.
 *
 * @param freezes whether this is the encoder whose bottom layers may be frozen: these get none
 * @throws OptionError
 */
export const withAdapters = (encoder: Encoder, settings: TrainingSettings, freezes = true): Encoder => {
  const lora = loraSettings("pretrain", settings)
  if (lora === undefined) return encoder
  return addLora(encoder, lora, {
    seed: settings.seed,
    frozenLayers: freezes ? frozenOf(encoder, settings) : undefined
  })
}

/** How many bottom layers of an encoder are frozen. @throws OptionError */
export const frozenOf = ({ config }: Model, { frozenLayers }: TrainingSettings): number | undefined =>
  frozenLayersOf(config, frozenLayers, "pretrain")

/**
 * The forward pass of an encoder under training, with the run's dropout.
 *
 * @param freezes whether this is the encoder whose bottom layers may be frozen: these then run off the tape
 */
export const encoderPass = (encoder: Model, settings: TrainingSettings, freezes = true): EncoderPass => {
  const { checkpointLayers, dropout: rate } = settings
  const { config } = encoder
  const model = { ...encoder, config: { ...config, dropout: rate, attentionDropout: rate } }
  const frozenLayers = freezes ? frozenOf(encoder, settings) : undefined
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
