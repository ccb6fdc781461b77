import type { Entity } from "@nuner/core"
import { distinct } from "../counts/Labelled.ts"

/**
 * How a predicted entity stands to a gold one: `exact`: span and type are right; `span`: right span, wrong type; `type`: right type, the
 * spans only overlap; `overlap`: they overlap, and the type is wrong; `missed`: gold alone; `spurious`: predicted alone.
 */
export type MatchKind = "exact" | "span" | "type" | "overlap" | "missed" | "spurious"

export interface Match {
  readonly kind: MatchKind
  readonly gold?: Entity
  readonly predicted?: Entity
}

const kinds = ["exact", "span", "type", "overlap"] as const

/**
 * Pairs the entities of a sentence, each with at most one: all exact pairs first, then those of equal span, then overlapping ones of equal
 * type, then overlapping ones; within a kind by start and end. An entity that is given twice counts once.
 */
export const matchEntities = (gold: ReadonlyArray<Entity>, predicted: ReadonlyArray<Entity>): Array<Match> => {
  const left = inOrder(gold)
  const right = inOrder(predicted)
  const matches: Array<Match> = []
  for (const kind of kinds) {
    for (const [i, a] of left.entries()) {
      if (a === undefined) continue
      const j = right.findIndex((b) => b !== undefined && fits(kind, a, b))
      if (j === -1) continue
      matches.push({ kind, gold: a, predicted: right[j]! })
      left[i] = undefined
      right[j] = undefined
    }
  }
  for (const a of left) if (a !== undefined) matches.push({ kind: "missed", gold: a })
  for (const b of right) if (b !== undefined) matches.push({ kind: "spurious", predicted: b })
  return matches
}

const fits = (kind: (typeof kinds)[number], a: Entity, b: Entity): boolean => {
  const sameSpan = a.start === b.start && a.end === b.end
  const overlaps = a.start < b.end && b.start < a.end
  switch (kind) {
    case "exact":
      return sameSpan && a.type === b.type
    case "span":
      return sameSpan
    case "type":
      return overlaps && a.type === b.type
    case "overlap":
      return overlaps
  }
}

const inOrder = (entities: ReadonlyArray<Entity>): Array<Entity | undefined> =>
  distinct(entities).toSorted(
    (a, b) => a.start - b.start || a.end - b.end || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0)
  )
