export {
  adapt,
  decodePretrainOptions,
  PretrainOptions,
  type PretrainSettings,
  paper,
  small
} from "./contrastive/options.ts"
export {
  type PretrainEvent,
  type PretrainInput,
  type PretrainStart,
  type PretrainValidation,
  pretrain,
  type ScorerEvent
} from "./contrastive/pretrain.ts"
export type { ContrastiveScores, Retrieval } from "./contrastive/retrieval.ts"
export { type EncoderPass, encoderPass, withAdapters } from "./encoderPass.ts"
export { initLanguageHead } from "./language/languageHead.ts"
export { type MaskedTokens, type MaskOptions, maskTokens } from "./language/maskTokens.ts"
export {
  adaptation,
  decodeMaskedLanguageOptions,
  fromNothing,
  type LanguageScores,
  type MaskedLanguageEvent,
  type MaskedLanguageInput,
  MaskedLanguageOptions,
  type MaskedLanguageSettings,
  type MaskedLanguageStart,
  pretrainMaskedLanguage
} from "./language/pretrainMaskedLanguage.ts"
export type { BatchPlace, Objective, ObjectiveContext } from "./Objective.ts"
export { type SentenceSettings, stepsOf, type TrainingSettings, trainingFields } from "./options.ts"
export { listExamples } from "./sentenceWindows.ts"
export {
  type ObjectiveRun,
  type ReadEvent,
  type RunOptions,
  type TrainingEvent,
  trainObjective,
  type ValidationEvent
} from "./trainObjective.ts"
export {
  decodeSupervisedOptions,
  pretrainSupervised,
  type SupervisedEvent,
  type SupervisedInput,
  SupervisedOptions,
  type SupervisedStart
} from "./types/pretrainSupervised.ts"
export type { Datasets } from "./types/typeClasses.ts"
export type { TypeScores } from "./types/validateTypes.ts"
