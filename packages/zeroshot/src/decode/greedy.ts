import type { Candidate } from "./candidates.ts"

export interface GreedyOptions {
  /** An entity may lie inside another one; crossing ones exclude each other. Default false: no word is in two entities. */
  readonly nested?: boolean | undefined
  /** The same words may be entities of several types. Default false. */
  readonly multiLabel?: boolean | undefined
}

/**
 * Takes candidates from the best score on, those of one score in their order, and drops what conflicts with one that was taken
 * (Zaratiana et al. 2023, section 2.2).
 *
 * @returns in order of place, of one place by score
 */
export const greedy = (
  candidates: ReadonlyArray<Candidate>,
  { multiLabel = false, nested = false }: GreedyOptions = {}
): Array<Candidate> => {
  const kept: Array<Candidate> = []
  const conflict = (a: Candidate, b: Candidate): boolean => {
    if (a.start === b.start && a.end === b.end) return !multiLabel
    if (a.start > b.end || b.start > a.end) return false
    const inside = (a.start >= b.start && a.end <= b.end) || (b.start >= a.start && b.end <= a.end)
    return !(nested && inside)
  }
  for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
    if (!kept.some((other) => conflict(candidate, other))) kept.push(candidate)
  }
  return kept.sort((a, b) => a.start - b.start || a.end - b.end)
}
