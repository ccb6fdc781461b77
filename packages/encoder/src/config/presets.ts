import { backboneOf, backbones } from "../backbones/backbones.ts"
import { checkConfig, type EncoderConfig } from "./EncoderConfig.ts"

/** RoBERTa-base: 124M parameters; NuNER's base. */
export const robertaBase = backbones.roberta.base

/** RoBERTa-large: 355M parameters. */
export const robertaLarge = { ...robertaBase, hidden: 1024, layers: 24, heads: 16, feedForward: 4096 }

/** BERT-base uncased: 109M parameters. The cased one has `vocabSize: 28_996`. */
export const bertBase = backbones.bert.base

/** ELECTRA-small: 13.5M parameters. */
export const electraSmall = backbones.electra.base

/** DistilBERT: 66M parameters. */
export const distilbertBase = backbones.distilbert.base

/** XLM-RoBERTa-base: 278M parameters. */
export const xlmRobertaBase = backbones["xlm-roberta"].base

/** MPNet-base: 109M parameters. */
export const mpnetBase = backbones.mpnet.base

/** ModernBERT-base: 149M parameters. */
export const modernbertBase = backbones.modernbert.base

/** DeBERTa-v3-base: 184M parameters. The small one has `layers: 6`. */
export const debertaV3Base = backbones["deberta-v2"].base

/** An encoder for short runs on a laptop: a RoBERTa of 4 layers of 256 with room for 128 tokens, unless told otherwise. */
export const small = (overrides: Partial<EncoderConfig> = {}): EncoderConfig => {
  const { base, counting } = backboneOf({ architecture: overrides.architecture ?? "roberta" })
  const sizes = { vocabSize: 8192, hidden: 256, layers: 4, heads: 4, feedForward: 4 * (overrides.hidden ?? 256) }
  const positions = 128 + (counting === "tokens" ? base.padId + 1 : 0)
  // ModernBERT's padding stands at the end of its vocabulary.
  const padId = base.padId < sizes.vocabSize ? base.padId : 0
  return checkConfig({ ...base, ...sizes, padId, positions, ...overrides })
}
