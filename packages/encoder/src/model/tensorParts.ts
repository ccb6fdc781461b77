import {
  attention,
  type DropoutKey,
  disentangledBias,
  dropout,
  embedding,
  gelu,
  layerNorm,
  linear,
  residual,
  rotary,
  tf
} from "@nuner/engine"
import type { Parts } from "../backbones/Parts.ts"
import { adapterOf, adapterOutput } from "../lora/adapterOf.ts"
import type { Model } from "./Model.ts"
import { positionIds } from "./positionIds.ts"
import type { TokenBatch } from "./TokenBatch.ts"

export interface TensorPartsOptions {
  readonly dropout: DropoutKey | undefined
  readonly causal: boolean
}

/** Parts that compute: a value is a tensor `[rows, tokens, width]`, a bias on scores `[heads, tokens, tokens]`. */
export const tensorParts = (
  model: Model,
  batch: TokenBatch,
  { causal, dropout: key }: TensorPartsOptions
): Parts<tf.Tensor3D> => {
  const { config, parameters } = model
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
    table: (name, count, width) => tf.reshape(of(`${name}.weight`), [1, count, width]),
    linear: (name, x) => {
      const y = linear(x, of(`${name}.weight`), parameters[`${name}.bias`])
      const adapter = adapterOf(model, name)
      return adapter ? residual(y, adapterOutput(adapter, x, keyOf(`${name}.lora`))) : y
    },
    norm: (name, x) => layerNorm(x, of(`${name}.weight`), parameters[`${name}.bias`], config.layerNormEps),
    gelu,
    add: (x, y) => (tf.util.arraysEqual(x.shape, y.shape) ? residual(x, y) : tf.add(x, y)),
    multiply: (x, y) => tf.mul(x, y),
    split: (x, count) => tf.split(x, count, 2),
    rotary: (x, theta) => rotary(x, { heads: config.heads, theta }),
    dropout: (site, x) => (key === undefined || config.dropout === 0 ? x : dropout(x, config.dropout, keyOf(site)!)),
    attention: (site, q, k, v, { bias, scale, window } = {}) =>
      attention(q, k, v, {
        ...{ heads: config.heads, mask, causal },
        ...(bias && { bias }),
        ...(scale !== undefined && { scale }),
        ...(window !== undefined && { window }),
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
    },
    disentangledBias: (q, k, { key, query }, { bucketOf }, scale) => {
      const flat = (table: tf.Tensor3D) => tf.squeeze(table, [0]) as tf.Tensor2D
      const tables = { query: flat(query), key: flat(key) }
      return disentangledBias(q, k, tables, { heads: config.heads, rowOf: bucketOf, scale })
    }
  }
}
