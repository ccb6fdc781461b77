import { checkpointed, type DropoutKey, frozen, tf } from "@nuner/engine"
import { backboneOf } from "../backbones/backbones.ts"
import { checkBatch, resolveLayers } from "../config/EncoderConfig.ts"
import type { Model } from "./Model.ts"
import { layerParameters } from "./parameterSpecs.ts"
import type { TokenBatch } from "./TokenBatch.ts"
import { tensorParts } from "./tensorParts.ts"

export interface ForwardOptions {
  /** Hidden states to return: 0 is the embeddings' output, `config.layers` the last layer's; negative from the end. Default [-1]. */
  readonly layers?: ReadonlyArray<number>
  /** Switches dropout on, at the config's rates; `site` names this encoder among those of a run. Default: off. */
  readonly dropout?: DropoutKey
  /** Embeddings and this many bottom layers run without a tape: no gradient, no activations kept. Default: none, not even the embeddings. */
  readonly frozenLayers?: number
  /** Each layer that is trained keeps its input only and is run again in the backward pass (`checkpointed`). Default false. */
  readonly checkpointLayers?: boolean
  /** Every token sees itself and what stands before it only. Default false: all of the text. */
  readonly causal?: boolean
  /** Starts from a hidden state instead of the embeddings: what is below it is not computed, nor can it be asked for. Default: the embeddings. */
  readonly from?: { readonly layer: number; readonly state: tf.Tensor3D }
}

/**
 * Hidden states of an encoder, one tensor per asked layer, `[rows, tokens, hidden]`. Vectors at padding are defined but mean nothing. The caller
 * disposes the tensors.
 *
 * @throws OptionError for no layer or one that is not there, and for a batch without rows or longer than the position table
 */
export const forward = (model: Model, batch: TokenBatch, options: ForwardOptions = {}): Array<tf.Tensor3D> => {
  const { config } = model
  const { causal = false, checkpointLayers = false, dropout, from, frozenLayers, layers = [-1] } = options
  const asked = resolveLayers(config, layers, from?.layer)
  checkBatch(config, batch)
  return tf.tidy(() => {
    const backbone = backboneOf(config)
    const parts = tensorParts(model, batch, { causal, dropout })
    const highest = Math.max(...asked)
    const shared = highest > 0 ? backbone.shared?.(parts, config) : undefined
    const states = new Map<number, tf.Tensor3D>()
    const first = from?.layer ?? 0
    let x: tf.Tensor3D | undefined
    for (let index = first; index <= highest; index++) {
      const below = x
      const compute = () => {
        if (below !== undefined) return backbone.layer(parts, config, index - 1, below, shared)
        return from ? tf.clone(from.state) : backbone.embed(parts, config)
      }
      if (frozenLayers !== undefined && index <= frozenLayers) x = frozen(compute)
      else if (checkpointLayers && below !== undefined) {
        const run = (x: tf.Tensor, shared?: tf.Tensor) =>
          backbone.layer(parts, config, index - 1, x as tf.Tensor3D, shared as tf.Tensor3D | undefined)
        x = checkpointed(
          (x, ...rest) => run(x!, shared && rest[0]),
          [below, ...(shared ? [shared] : []), ...trainableOf(model, index - 1)]
        )
      } else x = tf.tidy(compute)
      // A long batch's state is large: it goes as soon as the next one stands.
      if (below !== undefined && !asked.includes(index - 1)) below.dispose()
      if (asked.includes(index)) states.set(index, x)
    }
    return asked.map((index, at) => (asked.indexOf(index) === at ? states.get(index)! : tf.clone(states.get(index)!)))
  })
}

/** The parameters of a layer that are trained, its adapters with them. */
const trainableOf = ({ config, parameters }: Model, layer: number): Array<tf.Variable> => {
  const own = new Set(layerParameters(config, layer))
  return Object.entries(parameters).flatMap(([name, parameter]) =>
    own.has(name.replace(/lora_[AB]\.weight$/, "weight")) && parameter.trainable ? [parameter] : []
  )
}
