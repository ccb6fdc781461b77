import { type Backbone, size } from "./Backbone.ts"
import { type BertConfig, bert, bertEmbeddings } from "./bert.ts"

export interface ElectraConfig extends BertConfig {
  /** Width of the embedding tables; a linear layer widens it to `hidden` where they differ. */
  readonly embeddingSize: number
}

/** ELECTRA (Clark et al. 2020): a BERT whose embeddings may be narrower than its layers. */
export const electra: Backbone<ElectraConfig> = {
  ...bert,
  className: "Electra",
  prefix: "electra",
  fields: { ...bert.fields, embeddingSize: size("embedding_size", 128) },
  base: { ...bert.base, architecture: "electra", hidden: 256, heads: 4, feedForward: 1024, embeddingSize: 128 },
  languageHead: {
    dense: "generator_predictions.dense",
    norm: "generator_predictions.LayerNorm",
    bias: "generator_lm_head.bias",
    decoder: "generator_lm_head.weight",
    biased: true
  },
  embed: (parts, config) => {
    const x = bertEmbeddings(parts, config.embeddingSize, config.typeVocab)
    return config.embeddingSize === config.hidden ? x : parts.linear("embeddings_project", x, config.hidden)
  }
}
