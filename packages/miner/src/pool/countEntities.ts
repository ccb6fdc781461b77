import type { Entity } from "@nuner/core"

/**
 * What counts as one: an entity, or, as in Few-NERD, whose files mark no borders, a maximal run of words of one type, so that
 * neighbours of one type are one.
 */
export type Counting = "entities" | "runs"

/** How many of each type, in the order of first appearance. */
export const countEntities = (entities: ReadonlyArray<Entity>, counting: Counting): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const { type } of counting === "runs" ? runs(entities) : entities) counts.set(type, (counts.get(type) ?? 0) + 1)
  return counts
}

/** Entities with neighbours of one type joined. */
export const runs = (entities: ReadonlyArray<Entity>): Array<Entity> => {
  const joined: Array<Entity> = []
  const last = new Map<string, number>()
  for (const entity of entities.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const at = last.get(entity.type)
    if (at !== undefined && entity.start <= joined[at]!.end) {
      joined[at] = { ...joined[at]!, end: Math.max(joined[at]!.end, entity.end) }
      continue
    }
    last.set(entity.type, joined.length)
    joined.push(entity)
  }
  return joined
}
