import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { type Backbone, rate, size, small, tokenId } from "./Backbone.ts"
import type { Parts } from "./Parts.ts"
import { type LayerNames, postNormLayer } from "./postNormLayer.ts"

export interface BertConfig extends EncoderConfig {
  /** Rows of the token-type table; every token is of type 0. */
  readonly typeVocab: number
}

/** Names that most descendants of BERT keep. */
export const bertFields = {
  vocabSize: size("vocab_size"),
  hidden: size("hidden_size"),
  layers: size("num_hidden_layers"),
  heads: size("num_attention_heads"),
  feedForward: size("intermediate_size"),
  positions: size("max_position_embeddings", 512),
  layerNormEps: small("layer_norm_eps", 1e-12),
  padId: tokenId("pad_token_id", 0),
  dropout: rate("hidden_dropout_prob", 0.1),
  attentionDropout: rate("attention_probs_dropout_prob", 0.1),
  initializerRange: small("initializer_range", 0.02)
}

/** The second is the first, written out in Python. */
export const exactGelu = { hidden_act: ["gelu", "gelu_python"] }

export const bertLayer: LayerNames = {
  query: "attention.self.query",
  key: "attention.self.key",
  value: "attention.self.value",
  attended: "attention.output.dense",
  attentionNorm: "attention.output.LayerNorm",
  up: "intermediate.dense",
  down: "output.dense",
  norm: "output.LayerNorm"
}

/** Sum of word and position vectors, and of type vectors where there are types, normalised. */
export const bertEmbeddings = <X>(parts: Parts<X>, width: number, typeVocab?: number): X => {
  const words = parts.words("embeddings.word_embeddings", width)
  const places = parts.add(words, parts.positions("embeddings.position_embeddings", width))
  const types = () => parts.types("embeddings.token_type_embeddings", typeVocab!, width)
  const sum = typeVocab === undefined ? places : parts.add(places, types())
  return parts.dropout("embeddings", parts.norm("embeddings.LayerNorm", sum))
}

/** BERT (Devlin et al. 2019). */
export const bert: Backbone<BertConfig> = {
  className: "Bert",
  prefix: "bert",
  fields: { ...bertFields, typeVocab: size("type_vocab_size", 2) },
  fixed: { ...exactGelu, position_embedding_type: ["absolute"] },
  base: {
    architecture: "bert",
    vocabSize: 30_522,
    hidden: 768,
    layers: 12,
    heads: 12,
    feedForward: 3072,
    positions: 512,
    typeVocab: 2,
    layerNormEps: 1e-12,
    padId: 0,
    dropout: 0.1,
    attentionDropout: 0.1,
    initializerRange: 0.02
  },
  counting: "places",
  tokenTypes: true,
  languageHead: {
    dense: "cls.predictions.transform.dense",
    norm: "cls.predictions.transform.LayerNorm",
    bias: "cls.predictions.bias",
    decoder: "cls.predictions.decoder.weight",
    biased: true
  },
  wordTable: "embeddings.word_embeddings",
  embed: (parts, { hidden, typeVocab }) => bertEmbeddings(parts, hidden, typeVocab),
  layer: (parts, config, index, x) => postNormLayer(parts, config, `encoder.layer.${index}`, bertLayer, x)
}
