import { type Backbone, tokenId } from "./Backbone.ts"
import { type BertConfig, bert } from "./bert.ts"

/** RoBERTa (Liu et al. 2019): a BERT that counts positions after `padId` and has no types of tokens. */
export const roberta: Backbone<BertConfig> = {
  ...bert,
  className: "Roberta",
  prefix: "roberta",
  fields: { ...bert.fields, padId: tokenId("pad_token_id", 1) },
  written: { bos_token_id: 0, eos_token_id: 2 },
  base: {
    ...bert.base,
    architecture: "roberta",
    vocabSize: 50_265,
    positions: 514,
    typeVocab: 1,
    layerNormEps: 1e-5,
    padId: 1
  },
  counting: "tokens",
  tokenTypes: false,
  languageHead: {
    dense: "lm_head.dense",
    norm: "lm_head.layer_norm",
    bias: "lm_head.bias",
    decoder: "lm_head.decoder.weight",
    biased: true
  }
}
