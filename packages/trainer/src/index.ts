export {
  decodePretrainOptions,
  type PretrainOptions,
  type PretrainSettings,
  paper,
  small
} from "./contrastive/options.ts"
export type { PretrainEvent, PretrainStart, PretrainValidation } from "./contrastive/PretrainEvent.ts"
export { type PretrainInput, pretrain } from "./contrastive/pretrain.ts"
export type { ContrastiveScores, Retrieval } from "./contrastive/retrieval.ts"
export { type MaskedTokens, type MaskOptions, maskTokens } from "./maskedLanguage/maskTokens.ts"
export { adaptation, type MaskedLanguageOptions } from "./maskedLanguage/options.ts"
export {
  type MaskedLanguageEvent,
  type MaskedLanguageInput,
  type MaskedLanguageStart,
  pretrainMaskedLanguage
} from "./maskedLanguage/pretrainMaskedLanguage.ts"
export { decodeSupervisedOptions, type SupervisedOptions } from "./supervised/options.ts"
export {
  pretrainSupervised,
  type SupervisedEvent,
  type SupervisedInput,
  type SupervisedStart
} from "./supervised/pretrainSupervised.ts"
export type { Datasets } from "./supervised/typeClasses.ts"
export type { TypeScores } from "./supervised/validateTypes.ts"
