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

const has = (entities: ReadonlyArray<Entity>, { start, end, type }: Entity): boolean => {
  for (const other of entities) if (other.start === start && other.end === end && other.type === type) return true
  return false
}

/** Lists longer than this are looked up by key: a document, not a sentence. */
const short = 64

const distinct = (entities: ReadonlyArray<Entity>): ReadonlyArray<Entity> => {
  if (entities.length < 2) return entities
  if (entities.length > short) return [...new Map(entities.map((entity) => [keyOf(entity), entity])).values()]
  const once: Array<Entity> = []
  for (const entity of entities) if (!has(once, entity)) once.push(entity)
  return once
}

const keyOf = ({ start, end, type }: Entity): string => `${start} ${end} ${type}`
