export type { EpisodeProblem, EpisodeShape } from "./episodes/EpisodeProblem.ts"
export {
  type MinedEpisode,
  type MineEpisodeOptions,
  MineEpisodesOptions,
  mineEpisode,
  mineEpisodes
} from "./episodes/mineEpisodes.ts"
export { validateEpisode } from "./episodes/validateEpisode.ts"
export { type EpisodeFile, type EpisodeFileReport, validateEpisodeFile } from "./episodes/validateEpisodeFile.ts"
export { InfeasibleError } from "./InfeasibleError.ts"
export type { Counting } from "./pool/countEntities.ts"
export { datasetHash } from "./pool/datasetHash.ts"
export { type Minable, type Pool, pool } from "./pool/Pool.ts"
export { type Sampler, samplers } from "./search/solve.ts"
export { type MinedSet, type MineSetOptions, MineSetsOptions, mineSet, mineSets } from "./sets/mineSets.ts"
export { SampleOptions, type SampleSentencesOptions, sampleSentences } from "./sets/sampleSentences.ts"
export {
  type MineWordSetOptions,
  MineWordSetsOptions,
  mineWordSet,
  mineWordSets,
  runsFor,
  type WordMinedSentence,
  type WordSet
} from "./words/mineWordSets.ts"
