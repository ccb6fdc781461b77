import type { Entity } from "@nuner/core"

/**
 * What counts as one: an entity, or, as in Few-NERD, whose files mark no borders, a maximal run of words of one type, so that
 * neighbours of one type are one.
 */
export type Counting = "entities" | "runs"

/** How many of each type, in the order of first appearance. */
export const countEntities = (entities: ReadonlyArray<Entity>, counting: Counting): Map<string, number> => {
  const counts = new Map<string, number>()
  const ends = new Map<string, number>()
  const inOrder = counting === "entities" ? entities : entities.toSorted((a, b) => a.start - b.start || a.end - b.end)
  for (const { start, end, type } of inOrder) {
    const last = ends.get(type)
    if (counting === "entities" || last === undefined || start > last) counts.set(type, (counts.get(type) ?? 0) + 1)
    if (counting === "runs") ends.set(type, Math.max(end, last ?? 0))
  }
  return counts
}
