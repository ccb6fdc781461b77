export { type WordRule, wordRules } from "./words/wordRules.ts"
export { ZeroShot } from "./ZeroShot.ts"
export type {
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
