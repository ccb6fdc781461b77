import type { Boundary, Span } from "@nuner/core"
import type { UnalignedReason } from "../AlignReport.ts"
import { type Folded, foldText } from "./fold.ts"
import { occurrences } from "./occurrences.ts"

/** Every place of an entity in a text and how it was found. */
export interface Located {
  readonly spans: ReadonlyArray<Span>
  readonly match: "exact" | "normalised"
}

/**
 * Looks for entities in one text: exactly, and when that finds nothing, normalised. White space at an entity's ends is ignored.
 * The text is folded at most once.
 *
 * @param isBoundary of the text, where mentions may begin and end
 * @returns the places, or the reason why there is none
 */
export const locator = (
  text: string,
  isBoundary: Boundary,
  normalise: boolean
): ((entity: string) => Located | UnalignedReason) => {
  const bounded = (start: number, end: number): Span | undefined =>
    isBoundary(start) && isBoundary(end) ? { start, end } : undefined
  let folded: Folded | undefined
  /** A place in the folded text, when its edges are edges of characters and boundaries of the text itself. */
  const unfolded = (from: number, to: number): Span | undefined => {
    const start = folded!.startOf(from)
    const end = folded!.endOf(to)
    return start < 0 || end < 0 ? undefined : bounded(start, end)
  }
  return (entity) => {
    const needle = entity.trim()
    if (needle === "") return "empty"
    const exact = occurrences(text, needle, bounded)
    if (exact.length > 0) return { spans: exact, match: "exact" }
    if (!normalise) return text.includes(needle) ? "inside-word" : "absent"

    const foldedNeedle = foldText(needle).folded.trim()
    if (foldedNeedle === "") return "empty"
    folded ??= foldText(text)
    const spans = occurrences(folded.folded, foldedNeedle, unfolded)
    if (spans.length > 0) return { spans, match: "normalised" }
    return text.includes(needle) || folded.folded.includes(foldedNeedle) ? "inside-word" : "absent"
  }
}
