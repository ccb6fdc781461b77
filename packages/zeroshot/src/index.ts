export { type BiEncoder, type BiEncoderParts, biEncoder } from "./biencoder/biEncoder.ts"
export { CalibrateOptions, calibrate } from "./biencoder/calibrate.ts"
export { loadBiEncoder, loadPair } from "./biencoder/loadBiEncoder.ts"
export { type Calibration, saveCalibration } from "./biencoder/settings.ts"
export { conceptsOf, typeScores } from "./biencoder/typeScores.ts"
export { type Candidate, spanCandidates, tokenCandidates } from "./decode/candidates.ts"
export { type GreedyOptions, greedy } from "./decode/greedy.ts"
export { mergeWords } from "./decode/mergeWords.ts"
export { exportGliner } from "./export/exportGliner.ts"
export { type Gliner, type GlinerParts, gliner } from "./gliner/Gliner.ts"
export type { GlinerConfig } from "./gliner/GlinerConfig.ts"
export { loadGliner } from "./gliner/loadGliner.ts"
export { NewGlinerOptions, newGliner } from "./gliner/newGliner.ts"
export { GlinerPredictOptions } from "./gliner/options.ts"
export { reshapeGliner } from "./gliner/reshapeGliner.ts"
export { saveGliner } from "./gliner/saveGliner.ts"
export {
  FitThresholdsOptions,
  type FittedThresholds,
  fitThresholds,
  saveThresholds,
  type Thresholds
} from "./thresholds.ts"
export { ZeroTrainOptions, type ZeroTrainSettings, zeroTrainSettings } from "./train/options.ts"
export type { ZeroTrainSentence } from "./train/trainingSentences.ts"
export {
  type CellScores,
  trainZeroShot,
  type ZeroTrainEvent,
  type ZeroTrainInput,
  type ZeroTrainStart
} from "./train/trainZeroShot.ts"
export { type WordRule, wordRules } from "./words/wordRules.ts"
export { ZeroShot } from "./ZeroShot.ts"
export type {
  SaveZeroShotOptions,
  ScoredEntity,
  TextEntity,
  Unrepresented,
  WordSequence,
  ZeroShotKind,
  ZeroShotModel,
  ZeroShotOptions,
  ZeroShotPrediction,
  ZeroShotType
} from "./ZeroShotModel.ts"
