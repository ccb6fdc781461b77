import { type Backbone, tokenId } from "./Backbone.ts"
import { bertEmbeddings, bertFields, bertLayer, exactGelu } from "./bert.ts"
import { postNormLayer } from "./postNormLayer.ts"
import { roberta } from "./roberta.ts"

/**
 * 16 buckets either way: the first 8 hold one distance each, the others as many half octaves, the last one all from 128 on
 * (Raffel et al. 2020, T5).
 */
export const buckets = {
  count: 32,
  reach: 128,
  bucketOf: (distance: number): number => {
    const far = Math.abs(distance)
    // 8 + floor(8 log(far / 8) / log(128 / 8)), without rounding: a bucket begins at each far^2 = 2^(6 + n).
    const bucket = far < 8 ? far : Math.min(15, 8 + (31 - Math.clz32(far ** 2)) - 6)
    return distance > 0 ? 16 + bucket : bucket
  }
}

const { typeVocab: _, ...base } = roberta.base

/** MPNet (Song et al. 2020): a RoBERTa without types of tokens, whose layers share one table of biases by distance. */
export const mpnet: Backbone = {
  className: "MPNet",
  prefix: "mpnet",
  fields: { ...bertFields, padId: tokenId("pad_token_id", 1) },
  fixed: { ...exactGelu, relative_attention_num_buckets: [buckets.count] },
  written: roberta.written!,
  base: { ...base, architecture: "mpnet", vocabSize: 30_527 },
  counting: "tokens",
  tokenTypes: false,
  languageHead: roberta.languageHead,
  wordTable: roberta.wordTable,
  embed: (parts, { hidden }) => bertEmbeddings(parts, hidden),
  shared: (parts) => parts.relativeBias("encoder.relative_attention_bias", buckets),
  layer: (parts, config, index, x, bias) =>
    postNormLayer(parts, config, `encoder.layer.${index}`, layer, x, () => ({ bias }))
}

const layer = {
  ...bertLayer,
  query: "attention.attn.q",
  key: "attention.attn.k",
  value: "attention.attn.v",
  attended: "attention.attn.o",
  attentionNorm: "attention.LayerNorm"
}
