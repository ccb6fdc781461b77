export { type Adapted, type AdaptInput, adapt } from "./adapt/adapt.ts"
export { checkSupport, shotOf } from "./adapt/checkSupport.ts"
export { type DescendOptions, type Descent, descend } from "./adapt/descend.ts"
export { prototypes, typeScores } from "./adapt/prototypes.ts"
export { type Found, recognise, typeSpans } from "./adapt/recognise.ts"
export { openSession, type Session } from "./adapt/Session.ts"
export { stopRule } from "./adapt/stopRule.ts"
export { type ClassifySpansOptions, classifySpans, filterThreshold, type TypedSpan } from "./adapt/typeFilter.ts"
export { type EpisodeOutcome, EpisodeRecord, type MatchCounts } from "./episodes/EpisodeRecord.ts"
export { type EpisodeScores, episodeScores } from "./episodes/episodeScores.ts"
export { readOutcomes, readResults, type Shard, shardPath } from "./episodes/ResultsFile.ts"
export { EpisodeRunOptions, type EpisodesEvent, type RunEpisodesInput, runEpisodes } from "./episodes/runEpisodes.ts"
export { loadModel } from "./files/loadModel.ts"
export { saveModel } from "./files/saveModel.ts"
export {
  assemble,
  copyModel,
  type NewModelOptions,
  newModel,
  type SpanDetector,
  type TadNerModel
} from "./model/TadNerModel.ts"
export { deriveName } from "./names/deriveName.ts"
export { nameTypes, type TypeNames } from "./names/nameTypes.ts"
export { typeNames } from "./names/typeNames.ts"
export { LowerLayers } from "./network/LowerLayers.ts"
export { type Phi, type StatesOptions, states } from "./network/states.ts"
export type { Vectors } from "./network/Vectors.ts"
export {
  AdaptOptions,
  type AdaptSettings,
  adaptSettings,
  EpisodeOptions,
  type EpisodeSettings,
  episodeSettings,
  type Mode,
  modes,
  SourceOptions,
  type SourceSettings,
  sourceSettings
} from "./options.ts"
export type { Example, ExampleEntity } from "./recognise/examples.ts"
export { type FitInput, type ScoredEntity, TadNer, type TextEntity } from "./recognise/TadNer.ts"
export type * from "./source/SourceEvent.ts"
export { type SourceInput, trainSource } from "./source/trainSource.ts"
export { type TypeAwareLossOptions, typeAwareLoss } from "./source/typeAwareLoss.ts"
export { encodeRows, type Row, type RowOptions, type Rows } from "./words/encodeRows.ts"
export { readSpans, type SpanScheme, spanLabels, tagsOf } from "./words/spanTags.ts"
