import { checkConfig, type EncoderConfig } from "./EncoderConfig.ts"

const roberta = {
  architecture: "roberta",
  vocabSize: 50_265,
  positions: 514,
  typeVocab: 1,
  layerNormEps: 1e-5,
  padId: 1,
  dropout: 0.1,
  attentionDropout: 0.1,
  initializerRange: 0.02
} as const

const bert = {
  architecture: "bert",
  vocabSize: 30_522,
  positions: 512,
  typeVocab: 2,
  layerNormEps: 1e-12,
  padId: 0,
  dropout: 0.1,
  attentionDropout: 0.1,
  initializerRange: 0.02
} as const

/** RoBERTa-base: 124M parameters; NuNER's base. */
export const robertaBase: EncoderConfig = { ...roberta, hidden: 768, layers: 12, heads: 12, feedForward: 3072 }

/** RoBERTa-large: 355M parameters. */
export const robertaLarge: EncoderConfig = { ...roberta, hidden: 1024, layers: 24, heads: 16, feedForward: 4096 }

/** BERT-base uncased: 109M parameters. The cased one has `vocabSize: 28_996`. */
export const bertBase: EncoderConfig = { ...bert, hidden: 768, layers: 12, heads: 12, feedForward: 3072 }

/** A RoBERTa (or BERT) for short runs on a laptop: 4 layers of 256 unless told otherwise. */
export const small = (overrides: Partial<EncoderConfig> = {}): EncoderConfig =>
  checkConfig({
    ...(overrides.architecture === "bert" ? bert : roberta),
    vocabSize: 8192,
    hidden: 256,
    layers: 4,
    heads: 4,
    feedForward: 4 * (overrides.hidden ?? 256),
    positions: overrides.architecture === "bert" ? 128 : 130,
    ...overrides
  })
