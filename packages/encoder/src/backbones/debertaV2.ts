import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { type Backbone, size, small } from "./Backbone.ts"
import { bert, bertFields, bertLayer, exactGelu } from "./bert.ts"
import type { DistanceBuckets } from "./Parts.ts"
import { postNormLayer } from "./postNormLayer.ts"

export interface DebertaConfig extends EncoderConfig {
  /** Rows of the table of distances, either way. */
  readonly positionBuckets: number
}

/**
 * Buckets of `query - key`: one for each distance up to half of them, from there on in logarithmic steps until `positions - 1`. The table holds
 * them from `-positionBuckets` on.
 */
export const distanceBuckets = ({ positionBuckets, positions }: DebertaConfig): DistanceBuckets => {
  const exact = Math.floor(positionBuckets / 2)
  // Rounded to 32 bits as PyTorch does: what lies near a step must fall on the same side.
  const logarithm = (value: number) => Math.fround(Math.log(Math.fround(value)))
  const longest = logarithm((positions - 1) / exact)
  return {
    count: 2 * positionBuckets,
    reach: positions - 1,
    bucketOf: (keyToQuery) => {
      const far = Math.abs(keyToQuery)
      const steps = Math.fround(Math.fround(logarithm(far / exact) / longest) * (exact - 1))
      const bucket = far <= exact ? far : Math.ceil(steps) + exact
      return Math.max(0, Math.min(2 * positionBuckets - 1, positionBuckets - Math.sign(keyToQuery) * bucket))
    }
  }
}

const { typeVocab: _, ...base } = bert.base

/**
 * DeBERTa-v2 and v3 (He et al. 2021): a BERT without positions in its embeddings; scores of attention add what contents say to distances, and distances to
 * contents.
 */
export const debertaV2: Backbone<DebertaConfig> = {
  ...bert,
  className: "DebertaV2",
  prefix: "deberta",
  fields: { ...bertFields, layerNormEps: small("layer_norm_eps", 1e-7), positionBuckets: size("position_buckets") },
  fixed: {
    ...exactGelu,
    relative_attention: [true],
    pos_att_type: ["p2c|c2p"],
    share_att_key: [true],
    norm_rel_ebd: ["layer_norm"],
    position_biased_input: [false],
    max_relative_positions: [-1],
    type_vocab_size: [0],
    conv_kernel_size: [0],
    legacy: [true]
  },
  base: { ...base, architecture: "deberta-v2", vocabSize: 128_100, layerNormEps: 1e-7, positionBuckets: 256 },
  written: { pos_att_type: ["p2c", "c2p"] },
  tokenTypes: false,

  flatten: (json) => {
    const { pos_att_type: types } = json
    const both = (Array.isArray(types) ? types : String(types ?? "none").split("|")).toSorted().join() === "c2p,p2c"
    const silent = {
      relative_attention: false,
      share_att_key: false,
      norm_rel_ebd: "none",
      position_biased_input: true
    }
    return { ...silent, ...json, pos_att_type: both ? "p2c|c2p" : (types ?? "none") }
  },
  embed: (parts, { hidden }) => {
    const words = parts.norm("embeddings.LayerNorm", parts.words("embeddings.word_embeddings", hidden))
    return parts.dropout("embeddings", words)
  },
  shared: (parts, { hidden, positionBuckets }) =>
    parts.norm("encoder.LayerNorm", parts.table("encoder.rel_embeddings", 2 * positionBuckets, hidden)),
  layer: (parts, config, index, x, distances) => {
    const at = `encoder.layer.${index}`
    const buckets = distanceBuckets(config)
    return postNormLayer(parts, config, at, layer, x, (q, k) => {
      const dropped = parts.dropout(`${at}.attention.distances`, distances!)
      const [query, key] = [layer.query, layer.key].map((name) => parts.linear(`${at}.${name}`, dropped, config.hidden))
      const scale = 1 / Math.sqrt((3 * config.hidden) / config.heads)
      return { bias: parts.disentangledBias(q, k, { query: query!, key: key! }, buckets, scale), scale }
    })
  }
}

const layer = {
  ...bertLayer,
  query: "attention.self.query_proj",
  key: "attention.self.key_proj",
  value: "attention.self.value_proj"
}
