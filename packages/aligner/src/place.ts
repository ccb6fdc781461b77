import { type AnnotatedSentence, type Mention, resolveOverlap, type Span } from "@nuner/core"
import type { UnalignedReason } from "./AlignReport.ts"

/** The occurrences that an annotation took, and how they were found; or why it took none. */
export type Taken = { readonly spans: ReadonlyArray<Span>; readonly match: Mention["match"] } | UnalignedReason

/** The mentions of one sentence: sorted by start, end and concept, equal ones merged. */
export const place = (
  { annotations }: AnnotatedSentence,
  taken: ReadonlyArray<Taken>
): { readonly mentions: Array<Mention>; readonly repeated: number } => {
  const mentions: Array<Mention> = []
  let ordered = true
  for (let i = 0; i < taken.length; i++) {
    const found = taken[i]!
    if (typeof found === "string") continue
    const { concept, description } = annotations[i]!
    const said = description === undefined ? { concept } : { concept, description }
    for (const { start, end } of found.spans) {
      ordered &&= mentions.length === 0 || mentions[mentions.length - 1]!.end <= start
      mentions.push({ start, end, ...said, match: found.match })
    }
  }
  if (ordered) return { mentions, repeated: 0 }
  mentions.sort(byPlace)
  const distinct = mentions.filter((mention, i) => i === 0 || !samePlace(mention, mentions[i - 1]!))
  return { mentions: distinct, repeated: mentions.length - distinct.length }
}

/**
 * Applies an overlap policy. An annotation is lost to it when none of its mentions, shared ones included, stays.
 *
 * @returns the mentions that stay, and the indices of the annotations that are lost
 */
export const thin = (
  { annotations }: AnnotatedSentence,
  taken: ReadonlyArray<Taken>,
  mentions: ReadonlyArray<Mention>,
  overlap: "longest" | "drop"
): { readonly kept: ReadonlyArray<Mention>; readonly lost: Array<number> } => {
  const from = (found: Taken, i: number, mention: Mention): boolean =>
    typeof found !== "string" &&
    annotations[i]!.concept === mention.concept &&
    found.spans.some(({ start, end }) => start === mention.start && end === mention.end)
  const kept = resolveOverlap(mentions, overlap, {
    flat: true,
    rank: (mention) => taken.findIndex((found, i) => from(found, i, mention))
  })
  const lost = taken.flatMap((found, i) =>
    typeof found === "string" || kept.some((mention) => from(found, i, mention)) ? [] : [i]
  )
  return { kept, lost }
}

/** By start, end, concept; of equal places the exact match first. */
const byPlace = (a: Mention, b: Mention): number =>
  a.start - b.start || a.end - b.end || order(a.concept, b.concept) || order(a.match, b.match)

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const samePlace = (a: Mention, b: Mention): boolean => a.start === b.start && a.end === b.end && a.concept === b.concept
