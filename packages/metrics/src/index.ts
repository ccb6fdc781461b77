export { type Reliability, reliability, type WithScores } from "./calibration/reliability.ts"
export { type Counts, groupUnits } from "./counts/Counts.ts"
export { countEntities, countEpisodes, type EpisodeAnswer } from "./counts/countEntities.ts"
export { countLabels, countTags, countWords, type WordCountOptions } from "./counts/countWords.ts"
export { decodeCounts, EncodedCounts, encodeCounts } from "./counts/encodeCounts.ts"
export type { CountOptions, WithEntities, WithWords } from "./counts/Labelled.ts"
export { wordLabels } from "./counts/wordLabels.ts"
export { type ErrorString, errorStrings } from "./errors/errorStrings.ts"
export { type BucketScore, scoresBy, scoresByFrequency, scoresByLength } from "./errors/scoresBy.ts"
export { type Evaluation, evaluate } from "./evaluate.ts"
export { BootstrapOptions, bootstrap, type Interval } from "./intervals/bootstrap.ts"
export { holm } from "./intervals/holm.ts"
export { type PairedBootstrapOptions, type PairedInterval, pairedBootstrap } from "./intervals/pairedBootstrap.ts"
export { percentile } from "./intervals/percentile.ts"
export type { Metric } from "./intervals/Resampled.ts"
export { type ResampleUnitsOptions, resampleUnits } from "./intervals/resampleUnits.ts"
export { quantileT, twoSidedT } from "./intervals/studentT.ts"
export { type Summary, summarise } from "./intervals/summarise.ts"
export { type Confusion, confusion, wordConfusion } from "./matches/confusion.ts"
export { type Match, type MatchKind, matchEntities } from "./matches/matchEntities.ts"
export {
  type MatchScore,
  type MatchScores,
  type Measures,
  matchScores,
  matchScoresByType
} from "./matches/matchScores.ts"
export { classMacroF1 } from "./scores/classMacroF1.ts"
export { entityMicro, episodeMicro, tokenMacroF1 } from "./scores/named.ts"
export { type Score, type Scores, score, scores } from "./scores/scores.ts"
export { entitiesFromTags, type TagOptions } from "./tags/entitiesFromTags.ts"
