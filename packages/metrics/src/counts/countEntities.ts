import { type Counts, CountsBuilder, groupUnits } from "./Counts.ts"
import { type CountOptions, checkPaired, distinct, has, keyOf, ofTypes, short, type WithEntities } from "./Labelled.ts"

/**
 * Exact matches: an entity is correct when gold has one with its start, end and type. An entity that is given twice counts once.
 *
 * @returns a unit a sentence
 * @throws InputError
 */
export const countEntities = (
  gold: ReadonlyArray<WithEntities>,
  predicted: ReadonlyArray<WithEntities>,
  { types }: CountOptions = {}
): Counts => {
  checkPaired(gold, predicted)
  const builder = new CountsBuilder(types)
  const guesses = ofTypes(predicted, types)
  ofTypes(gold, types).forEach((sentence, i) => {
    const right = distinct(sentence.entities)
    const guessed = distinct(guesses[i]!.entities)
    const keys = right.length > short ? new Set(right.map(keyOf)) : undefined
    for (const { type } of right) builder.add(builder.id(type), 0, 0, 1)
    for (const entity of guessed) {
      const correct = keys === undefined ? has(right, entity) : keys.has(keyOf(entity))
      builder.add(builder.id(entity.type), correct ? 1 : 0, 1, 0)
    }
    builder.endUnit()
  })
  return builder.build()
}

/** The queries of an episode, and what a system says of them. */
export interface EpisodeAnswer {
  readonly gold: ReadonlyArray<WithEntities>
  readonly predicted: ReadonlyArray<WithEntities>
}

/** As `countEntities`, with a unit an episode. @throws InputError */
export const countEpisodes = (episodes: ReadonlyArray<EpisodeAnswer>, options: CountOptions = {}): Counts => {
  for (const [i, { gold, predicted }] of episodes.entries()) checkPaired(gold, predicted, `sentences in episode ${i}`)
  const gold = episodes.flatMap((episode) => episode.gold)
  const predicted = episodes.flatMap((episode) => episode.predicted)
  return groupUnits(
    countEntities(gold, predicted, options),
    episodes.map((episode) => episode.gold.length)
  )
}
