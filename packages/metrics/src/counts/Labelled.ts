import { type Entity, InputError } from "@nuner/core"

/** As much of a labelled sentence as entity scores need. */
export interface WithEntities {
  readonly entities: ReadonlyArray<Entity>
}

/** As much as word scores need. */
export interface WithWords extends WithEntities {
  readonly words: ReadonlyArray<string>
}

export interface CountOptions {
  /**
   * Only these types are scored, whatever else stands on either side (scikit-learn's `labels`); macro averages are over exactly these,
   * those that never occur counting 0. Default: every type that occurs in gold or prediction; one that gold lacks is a false positive.
   */
  readonly types?: ReadonlyArray<string>
}

/** Sentences with the entities of some types only. */
export const ofTypes = <A extends WithEntities>(
  sentences: ReadonlyArray<A>,
  types: ReadonlyArray<string> | undefined
): ReadonlyArray<A> => {
  if (types === undefined) return sentences
  const scored = new Set(types)
  return sentences.map((sentence) => ({
    ...sentence,
    entities: sentence.entities.filter(({ type }) => scored.has(type))
  }))
}

/** Entities without repeats: one that is given twice counts once. */
export const distinct = (entities: ReadonlyArray<Entity>): ReadonlyArray<Entity> => {
  if (entities.length < 2) return entities
  if (entities.length > short) return [...new Map(entities.map((entity) => [keyOf(entity), entity])).values()]
  const once: Array<Entity> = []
  for (const entity of entities) if (!has(once, entity)) once.push(entity)
  return once
}

export const has = (entities: ReadonlyArray<Entity>, { start, end, type }: Entity): boolean => {
  for (const other of entities) if (other.start === start && other.end === end && other.type === type) return true
  return false
}

/** Lists longer than this are looked up by key: a document, not a sentence. */
export const short = 64

export const keyOf = ({ start, end, type }: Entity): string => `${start} ${end} ${type}`

/** @throws InputError when the sides differ in number */
export const checkPaired = (
  gold: ReadonlyArray<unknown>,
  predicted: ReadonlyArray<unknown>,
  what = "sentences"
): void => {
  if (gold.length === predicted.length) return
  throw new InputError({
    source: "predicted",
    reason: `${predicted.length} ${what}, gold has ${gold.length}`,
    remedy: "predict every one, in the order of gold"
  })
}
