import { OptionError } from "@nuner/core"
import {
  attention,
  type DropoutKey,
  dropout,
  embedding,
  frozen,
  gelu,
  layerNorm,
  linear,
  type Parameters,
  residual,
  tf
} from "@nuner/engine"
import { type EncoderConfig, maxTokens } from "../config/EncoderConfig.ts"
import { layerPrefix } from "./parameterSpecs.ts"
import { positionIds } from "./positionIds.ts"
import type { TokenBatch } from "./TokenBatch.ts"

/** What a forward pass needs of an encoder. */
export interface Model {
  readonly config: EncoderConfig
  readonly parameters: Parameters
}

export interface ForwardOptions {
  /** Hidden states to return: 0 is the embeddings' output, `config.layers` the last layer's; negative from the end. Default [-1]. */
  readonly layers?: ReadonlyArray<number>
  /** Switches dropout on, at the config's rates; `site` names this encoder among those of a run. Default: off. */
  readonly dropout?: DropoutKey
  /** Embeddings and this many bottom layers run without a tape: no gradient, no activations kept. Default: none, not even the embeddings. */
  readonly frozenLayers?: number
  /** Every token sees itself and what stands before it only. Default false: all of the text. */
  readonly causal?: boolean
}

/**
 * Hidden states of a post-norm Transformer encoder (Devlin et al. 2019; Liu et al. 2019), one tensor per asked layer,
 * `[rows, tokens, hidden]`. Vectors at padding are defined but mean nothing. The caller disposes the tensors.
 *
 * @throws OptionError for a layer that is not there or a batch longer than the position table
 */
export const forward = (model: Model, batch: TokenBatch, options: ForwardOptions = {}): Array<tf.Tensor3D> => {
  const { config } = model
  const { causal = false, dropout: key, frozenLayers, layers = [-1] } = options
  const asked = layers.map((layer) => resolveLayer(config, layer))
  checkLength(config, batch)
  return tf.tidy(() => {
    const states = new Map<number, tf.Tensor3D>()
    let x: tf.Tensor3D | undefined
    for (let index = 0; index <= Math.max(...asked); index++) {
      const below = x
      const compute = () =>
        below === undefined ? embed(model, batch, key) : layer(model, index - 1, below, batch, key, causal)
      x = frozenLayers !== undefined && index <= frozenLayers ? frozen(compute) : tf.tidy(compute)
      // A long batch's state is large: it goes as soon as the next one stands.
      if (below !== undefined && !asked.includes(index - 1)) below.dispose()
      if (asked.includes(index)) states.set(index, x)
    }
    return asked.map((index, at) => (asked.indexOf(index) === at ? states.get(index)! : tf.clone(states.get(index)!)))
  })
}

/** Sum of word, position and type vectors, normalised: `[rows, tokens, hidden]`. */
const embed = ({ config, parameters }: Model, batch: TokenBatch, key: DropoutKey | undefined): tf.Tensor3D => {
  const table = (name: string) => parameters[`embeddings.${name}.weight`]!
  const words = embedding(table("word_embeddings"), batch.ids) // [rows * tokens, hidden]
  const positions = embedding(table("position_embeddings"), positionIds(config, batch))
  const type = tf.slice(table("token_type_embeddings") as tf.Tensor2D, [0, 0], [1, config.hidden]) // every token is of type 0
  const sum = tf.add(residual(words, positions), type)
  const x = norm({ config, parameters }, "embeddings.LayerNorm", sum)
  return drop(config.dropout, key, "embeddings", tf.reshape(x, [batch.rows, batch.tokens, config.hidden]))
}

/** Attention and feed-forward, each added to its input and normalised: `[rows, tokens, hidden]`. */
const layer = (
  model: Model,
  index: number,
  x: tf.Tensor3D,
  { mask }: TokenBatch,
  key: DropoutKey | undefined,
  causal: boolean
): tf.Tensor3D => {
  const { config, parameters } = model
  const { heads, attentionDropout } = config
  const at = layerPrefix(index)
  const dense = <T extends tf.Tensor>(name: string, input: T): T =>
    linear(input, parameters[`${at}.${name}.weight`]!, parameters[`${at}.${name}.bias`]!)
  const block = (name: string, output: tf.Tensor3D, input: tf.Tensor3D): tf.Tensor3D => {
    const dropped = drop(config.dropout, key, `${at}.${name}`, dense(`${name}.dense`, output))
    return norm(model, `${at}.${name}.LayerNorm`, residual(dropped, input))
  }
  const self = (name: string) => dense(`attention.self.${name}`, x)
  const attended = attention(self("query"), self("key"), self("value"), {
    heads,
    mask,
    causal,
    ...(key ? { dropout: { rate: attentionDropout, key: { ...key, site: `${key.site}/${at}.attention.self` } } } : {})
  })
  const y = block("attention.output", attended, x)
  return block("output", gelu(dense("intermediate.dense", y)), y)
}

const norm = <T extends tf.Tensor>({ config, parameters }: Model, name: string, x: T): T =>
  layerNorm(x, parameters[`${name}.weight`]!, parameters[`${name}.bias`]!, config.layerNormEps)

const drop = <T extends tf.Tensor>(rate: number, key: DropoutKey | undefined, site: string, x: T): T =>
  key === undefined || rate === 0 ? x : dropout(x, rate, { ...key, site: `${key.site}/${site}` })

/** Index among the `layers + 1` hidden states. */
export const resolveLayer = (config: EncoderConfig, layer: number): number => {
  const index = layer < 0 ? config.layers + 1 + layer : layer
  if (!Number.isInteger(index) || index < 0 || index > config.layers) {
    const range = `-${config.layers + 1}..${config.layers}`
    throw new OptionError({ component: "encoder", option: "layers", reason: `${layer} is not in ${range}` })
  }
  return index
}

const checkLength = (config: EncoderConfig, { tokens }: TokenBatch): void => {
  if (tokens > maxTokens(config)) {
    throw new OptionError({
      component: "encoder",
      option: "batch",
      reason: `${tokens} tokens are more than the ${maxTokens(config)} that the position table holds`,
      remedy: "cut the text into windows: tokenWindows"
    })
  }
}
