import {
  attention,
  type DropoutKey,
  dropout,
  embedding,
  gelu,
  layerNorm,
  linear,
  type Parameters,
  residual,
  tf
} from "@nuner/engine"
import type { Parts } from "../backbones/Parts.ts"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { positionIds } from "./positionIds.ts"
import type { TokenBatch } from "./TokenBatch.ts"

/** What a forward pass needs of an encoder. */
export interface Model {
  readonly config: EncoderConfig
  readonly parameters: Parameters
}

export interface TensorPartsOptions {
  readonly dropout: DropoutKey | undefined
  readonly causal: boolean
}

/** Parts that compute: a value is a tensor `[rows, tokens, width]`, a bias on scores `[heads, tokens, tokens]`. */
export const tensorParts = (
  { config, parameters }: Model,
  batch: TokenBatch,
  { causal, dropout: key }: TensorPartsOptions
): Parts<tf.Tensor3D> => {
  const { rows, tokens, mask } = batch
  const of = (name: string) => parameters[name]!
  const look = (name: string, ids: Int32Array): tf.Tensor3D =>
    tf.reshape(embedding(of(`${name}.weight`), ids), [rows, tokens, -1])
  const keyOf = (site: string): DropoutKey | undefined => key && { ...key, site: `${key.site}/${site}` }
  return {
    words: (name) => look(name, batch.ids),
    positions: (name) => look(name, positionIds(config, batch)),
    types: (name, _rows, width) =>
      tf.reshape(tf.slice(of(`${name}.weight`) as tf.Tensor2D, [0, 0], [1, width]), [1, 1, width]),
    linear: (name, x) => linear(x, of(`${name}.weight`), of(`${name}.bias`)),
    norm: (name, x) => layerNorm(x, of(`${name}.weight`), of(`${name}.bias`), config.layerNormEps),
    gelu,
    add: (x, y) => (tf.util.arraysEqual(x.shape, y.shape) ? residual(x, y) : tf.add(x, y)),
    dropout: (site, x) => (key === undefined || config.dropout === 0 ? x : dropout(x, config.dropout, keyOf(site)!)),
    attention: (site, q, k, v, bias) =>
      attention(q, k, v, {
        ...{ heads: config.heads, mask, causal },
        ...(bias && { bias }),
        ...(key && { dropout: { rate: config.attentionDropout, key: keyOf(site)! } })
      }),
    relativeBias: (name, { bucketOf, reach }) => {
      const byDistance = Int32Array.from({ length: 2 * reach + 1 }, (_, i) => bucketOf(i - reach))
      const far = (distance: number) => Math.max(-reach, Math.min(reach, distance)) + reach
      const buckets = Int32Array.from(
        { length: tokens ** 2 },
        (_, pair) => byDistance[far((pair % tokens) - Math.floor(pair / tokens))]!
      )
      const pairs = tf.reshape(embedding(of(`${name}.weight`), buckets), [tokens, tokens, config.heads])
      return tf.transpose(pairs, [2, 0, 1]) as tf.Tensor3D // [heads, query, key]
    }
  }
}
