export { calibrationError } from "./calibration/calibrationError.ts"
export { fitTemperature } from "./calibration/fitTemperature.ts"
export { fitThresholds, type Thresholds } from "./calibration/fitThresholds.ts"
export { checkLabelled, type DataReport, type TypeCount } from "./data/checkLabelled.ts"
export { describeReport } from "./data/describeReport.ts"
export type { InconsistentString } from "./data/inconsistentStrings.ts"
export type { Leak } from "./data/leakedSentences.ts"
export type { Pooling } from "./features/FeatureOptions.ts"
export { selectLayers, selectSentences, type WordFeatures } from "./features/selectSentences.ts"
export type { WordSequence } from "./features/WordSequence.ts"
export { type WordFeaturesOptions, wordFeatures } from "./features/wordFeatures.ts"
export type { Example } from "./fewShot/examples.ts"
export { FewShotOptions } from "./fewShot/FewShotOptions.ts"
export {
  type Expected,
  type FewShotInput,
  type FewShotModel,
  type FewShotProgress,
  fewShot
} from "./fewShot/fewShot.ts"
export type { ProbeSetting } from "./fewShot/probeTrials.ts"
export { loadClassifier } from "./files/loadClassifier.ts"
export { type SaveClassifierOptions, saveClassifier } from "./files/saveClassifier.ts"
export type * from "./finetune/FineTuneEvent.ts"
export { FineTuneOptions } from "./finetune/FineTuneOptions.ts"
export { type FineTuneInput, fineTune } from "./finetune/fineTune.ts"
export type { Dense, Head } from "./head/Head.ts"
export { headLogits, probabilities } from "./head/headLogits.ts"
export { type ClassScheme, classesOf, classSchemes, labelsOf, NONE, typesOf } from "./labels/classes.ts"
export { decode, type ScoredEntity } from "./predict/decode.ts"
export { type PredictedText, type PredictStreamOptions, predictStream } from "./predict/predictStream.ts"
export {
  type ClassifierParts,
  type PredictOptions,
  predictFeatures,
  type TextEntity,
  type TokenClassifier,
  tokenClassifier
} from "./predict/tokenClassifier.ts"
export {
  type FitProbeHeads,
  type FitProbeOptions,
  FitProbeSettings,
  fitProbe,
  type ProbeFit
} from "./probe/fitProbe.ts"
export { headOfScores, type TypeScore, type TypeScores } from "./probe/TypeScores.ts"
export { type ClassifierServer, type ServeOptions, ServeSettings, serve } from "./serve/serve.ts"
export {
  fitTransitions,
  schemeTransitions,
  type TransitionOptions,
  type Transitions
} from "./transitions/Transitions.ts"
