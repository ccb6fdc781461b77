import { checkPaired, type WithEntities } from "../counts/Labelled.ts"
import { type MatchKind, matchEntities } from "./matchEntities.ts"

/** One of the four measures of SemEval-2013 task 9. A partial match counts half. */
export interface MatchScore {
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly correct: number
  readonly partial: number
  readonly incorrect: number
  readonly missed: number
  readonly spurious: number
}

export interface MatchScores {
  /** Pairs of each kind, see `MatchKind`. */
  readonly kinds: Readonly<Record<MatchKind, number>>
  /** Span and type right. */
  readonly strict: MatchScore
  /** Span right, whatever the type: how well entities are found. */
  readonly span: MatchScore
  /** Span right, or half a point for an overlap, whatever the type. */
  readonly partial: MatchScore
  /** Type right, and the spans overlap: how well entities are typed. */
  readonly type: MatchScore
}

/** Partial and type-only matches over all sentences (Segura-Bedmar et al. 2013). @throws InputError */
export const matchScores = (gold: ReadonlyArray<WithEntities>, predicted: ReadonlyArray<WithEntities>): MatchScores => {
  checkPaired(gold, predicted)
  const kinds: Record<MatchKind, number> = { exact: 0, span: 0, type: 0, overlap: 0, missed: 0, spurious: 0 }
  gold.forEach(({ entities }, i) => {
    for (const { kind } of matchEntities(entities, predicted[i]!.entities)) kinds[kind]++
  })
  const { exact, span, type, overlap, missed, spurious } = kinds
  const measure = (correct: number, partial: number, incorrect: number): MatchScore => {
    const points = correct + partial / 2
    const actual = correct + partial + incorrect + spurious
    const possible = correct + partial + incorrect + missed
    return {
      precision: actual === 0 ? 0 : points / actual,
      recall: possible === 0 ? 0 : points / possible,
      f1: points === 0 ? 0 : (2 * points) / (actual + possible),
      ...{ correct, partial, incorrect, missed, spurious }
    }
  }
  return {
    kinds,
    strict: measure(exact, 0, span + type + overlap),
    span: measure(exact + span, 0, type + overlap),
    partial: measure(exact + span, type + overlap, 0),
    type: measure(exact + type, 0, span + overlap)
  }
}
