import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { type Backbone, rate, size } from "./Backbone.ts"
import { bert, bertEmbeddings, bertFields } from "./bert.ts"
import { postNormLayer } from "./postNormLayer.ts"

const { typeVocab: _, ...base } = bert.base

/** DistilBERT (Sanh et al. 2019): a BERT without types of tokens, under names of its own. */
export const distilbert: Backbone<EncoderConfig> = {
  ...bert,
  className: "DistilBert",
  prefix: "distilbert",
  fields: {
    ...bertFields,
    hidden: size("dim"),
    layers: size("n_layers"),
    heads: size("n_heads"),
    feedForward: size("hidden_dim"),
    dropout: rate("dropout", 0.1),
    attentionDropout: rate("attention_dropout", 0.1)
  },
  // Sines only fill the table of positions at the start.
  fixed: { activation: ["gelu"], sinusoidal_pos_embds: [false, true] },
  base: { ...base, architecture: "distilbert", layers: 6 },
  tokenTypes: false,
  languageHead: {
    dense: "vocab_transform",
    norm: "vocab_layer_norm",
    bias: "vocab_projector.bias",
    decoder: "vocab_projector.weight",
    biased: true
  },
  embed: (parts, { hidden }) => bertEmbeddings(parts, hidden),
  layer: (parts, config, index, x) => postNormLayer(parts, config, `transformer.layer.${index}`, layer, x)
}

const layer = {
  query: "attention.q_lin",
  key: "attention.k_lin",
  value: "attention.v_lin",
  attended: "attention.out_lin",
  attentionNorm: "sa_layer_norm",
  up: "ffn.lin1",
  down: "ffn.lin2",
  norm: "output_layer_norm"
}
