import type { Span } from "../schema/Span.ts"

/**
 * Entities without repetitions: of those on one span whose types are the same but for case and white space, the first stays.
 *
 * @returns the entities that stay, in the order of the input, and how many were merged into one of them
 */
export const canonical = <E extends Span & { readonly type: string }>(
  entities: ReadonlyArray<E>
): { readonly entities: ReadonlyArray<E>; readonly merged: number } => {
  // Spans that begin one behind the other are all different: most sentences need no keys.
  if (entities.every(({ start }, n) => n === 0 || start > entities[n - 1]!.start)) return { entities, merged: 0 }
  const seen = new Set<string>()
  const distinct = entities.filter(({ start, end, type }) => {
    const key = `${start} ${end} ${type.trim().replace(/\s+/g, " ").toLowerCase()}`
    return !seen.has(key) && seen.add(key)
  })
  return { entities: distinct, merged: entities.length - distinct.length }
}
