import { countEntities, countEpisodes, type EpisodeAnswer } from "../counts/countEntities.ts"
import { countWords, type WordCountOptions } from "../counts/countWords.ts"
import type { CountOptions, WithEntities, WithWords } from "../counts/Labelled.ts"
import { type Score, scores } from "./scores.ts"

/** Tables 3 to 7, 10 and 11 of the NuNER paper: F1 a label over words, B- and I- alike, averaged over types without "O". @throws InputError */
export const tokenMacroF1 = (
  gold: ReadonlyArray<WithWords>,
  predicted: ReadonlyArray<WithEntities>,
  options: WordCountOptions = {}
): number => scores(countWords(gold, predicted, options)).macro.f1

/** Tables 2, 8 and 9: exact entities, counts pooled over the test set. @throws InputError */
export const entityMicro = (
  gold: ReadonlyArray<WithEntities>,
  predicted: ReadonlyArray<WithEntities>,
  options: CountOptions = {}
): Score => scores(countEntities(gold, predicted, options)).micro

/** Table 1: exact entities, counts pooled over all episodes. @throws InputError */
export const episodeMicro = (episodes: ReadonlyArray<EpisodeAnswer>): Score => scores(countEpisodes(episodes)).micro
