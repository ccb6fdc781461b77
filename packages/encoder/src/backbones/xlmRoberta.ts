import type { Backbone } from "./Backbone.ts"
import type { BertConfig } from "./bert.ts"
import { roberta } from "./roberta.ts"

/** XLM-RoBERTa (Conneau et al. 2020): a RoBERTa with a vocabulary of SentencePiece over 100 languages. */
export const xlmRoberta: Backbone<BertConfig> = {
  ...roberta,
  className: "XLMRoberta",
  base: { ...roberta.base, architecture: "xlm-roberta", vocabSize: 250_002 }
}
