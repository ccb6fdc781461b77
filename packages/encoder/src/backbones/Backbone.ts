import type { EncoderConfig } from "../config/EncoderConfig.ts"
import type { Parts } from "./Parts.ts"

/** The backbones, by the `model_type` of config.json. */
export type Architecture =
  | "bert"
  | "roberta"
  | "mpnet"
  | "electra"
  | "distilbert"
  | "xlm-roberta"
  | "modernbert"
  | "deberta-v2"

/** An architecture: how its config.json reads, and the network, written once in `Parts`. `C` adds the numbers that it alone has. */
export interface Backbone<C extends EncoderConfig = EncoderConfig> {
  /** How Python's classes begin: "Bert" of `BertModel`, `BertForTokenClassification`. */
  readonly className: string
  /** What stands before the names of a checkpoint that has a head: "bert" of `bert.encoder.layer.0. ...`. */
  readonly prefix: string
  /** Where config.json has each number of the config. */
  readonly fields: Readonly<Record<Exclude<keyof C, "architecture">, Field>>
  /** Other fields of config.json that bear on the numbers: the value that is implemented and written, then others that mean the same. */
  readonly fixed: Readonly<Record<string, ReadonlyArray<unknown>>>
  /** Fields that are written for others and not read. */
  readonly written?: Readonly<Record<string, unknown>>
  /** Sizes of a published model: the base one, or the small one of those that have it. */
  readonly base: C
  /** Positions are counted over all places from 0, or over the tokens that are not padding, from `padId + 1` (fairseq's `make_positions`). */
  readonly counting: "places" | "tokens"
  /** Its tokenizer gives each token a type, and so an exported graph takes `token_type_ids`. */
  readonly tokenTypes: boolean
  /** The table of words, which a language-model head has as its output layer. */
  readonly wordTable: string
  readonly languageHead: LanguageHeadNames
  /** Its `...ForTokenClassification` has a hidden layer and a norm before the labels: such a head is neither read nor written. */
  readonly deepLabels?: true

  /** config.json without the nested fields that newer versions of transformers write for older flat ones. */
  flatten?(json: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>
  /** Hidden state 0. */
  embed<X>(parts: Parts<X>, config: C): X
  /** What all layers share, computed once a pass. */
  shared?<X>(parts: Parts<X>, config: C): X
  /** Hidden state `index + 1`, from the one before it. */
  layer<X>(parts: Parts<X>, config: C, index: number, x: X, shared: X | undefined): X
}

/** What the head of `...ForMaskedLM` is called: dense, GELU, norm, then the word table with a bias. */
export interface LanguageHeadNames {
  readonly dense: string
  readonly norm: string
  /** `[vocabulary]` */
  readonly bias: string
  /** Where some checkpoints hold the word table again. */
  readonly decoder: string
  /** Whether dense and norm have biases. */
  readonly biased: boolean
}

/** A number in config.json. */
export interface Field {
  readonly name: string
  /** What Python's transformers assumes where config.json is silent; undefined: it must not be. */
  readonly absent: number | undefined
  readonly range: string
  readonly fits: (value: number) => boolean
}

export const size = (name: string, absent?: number): Field => ({
  ...{ name, absent, range: "a positive integer" },
  fits: (value) => Number.isSafeInteger(value) && value > 0
})

export const tokenId = (name: string, absent: number): Field => ({
  ...{ name, absent, range: "a token's id" },
  fits: (value) => Number.isSafeInteger(value) && value >= 0
})

export const rate = (name: string, absent: number): Field => ({
  ...{ name, absent, range: "in [0, 1)" },
  fits: (value) => value >= 0 && value < 1
})

export const small = (name: string, absent: number): Field => ({
  ...{ name, absent, range: "in (0, 1)" },
  fits: (value) => value > 0 && value < 1
})
