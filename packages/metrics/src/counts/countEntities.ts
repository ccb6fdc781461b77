import type { Entity } from "@nuner/core"
import { type Counts, CountsBuilder, groupUnits } from "./Counts.ts"
import { type CountOptions, checkPaired, type WithEntities } from "./Labelled.ts"

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
  gold.forEach((sentence, i) => {
    const right = distinct(sentence.entities)
    const guessed = distinct(predicted[i]!.entities)
    for (const entity of right) builder.add(builder.id(entity.type), 0, 0, 1)
    for (const entity of guessed) builder.add(builder.id(entity.type), has(right, entity) ? 1 : 0, 1, 0)
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

const same = (a: Entity, b: Entity): boolean => a.start === b.start && a.end === b.end && a.type === b.type

const has = (entities: ReadonlyArray<Entity>, entity: Entity): boolean => entities.some((other) => same(other, entity))

const distinct = (entities: ReadonlyArray<Entity>): ReadonlyArray<Entity> => {
  if (entities.length < 2) return entities
  if (entities.length > 64) {
    return [...new Map(entities.map((entity) => [`${entity.start} ${entity.end} ${entity.type}`, entity])).values()]
  }
  const repeated = entities.some((entity, i) => entities.some((other, j) => j < i && same(other, entity)))
  return repeated ? entities.filter((entity, i) => entities.findIndex((other) => same(other, entity)) === i) : entities
}
