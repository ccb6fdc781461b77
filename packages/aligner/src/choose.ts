import type { Span } from "@nuner/core"

/** Which of an entity's occurrences one annotation of it takes; `undefined` when none is left for it. */
export type Choose = (spans: ReadonlyArray<Span>, entity: string, concept: string) => ReadonlyArray<Span> | undefined

/** A policy of `AlignOptions`, with a fresh memory for one sentence. */
export const chooser = (policy: "all" | "first" | "in-order"): Choose => {
  if (policy === "all") return (spans) => spans
  if (policy === "first") return (spans) => [spans[0]!]
  const placed = new Map<string, { annotations: number; concepts: Set<string> }>()
  return (spans, entity, concept) => {
    let before = placed.get(entity)
    if (before === undefined) {
      before = { annotations: 0, concepts: new Set() }
      placed.set(entity, before)
    }
    const n = before.annotations++
    const known = before.concepts.has(concept)
    before.concepts.add(concept)
    if (n >= spans.length && known) return undefined
    return [spans[Math.min(n, spans.length - 1)]!]
  }
}
