import type { Counts } from "@nuner/core"

/**
 * Why an annotation has no place in its sentence:
 * - `empty`: its entity has no visible character;
 * - `absent`: the text does not contain it, not even normalised;
 * - `inside-word`: the text contains it inside of longer words (or characters) only;
 * - `exhausted`: `in-order` placed this string and concept as often as the text has it;
 * - `overlap`: every mention of it gave way to the overlap policy.
 */
const unalignedReasons = ["empty", "absent", "inside-word", "exhausted", "overlap"] as const
export type UnalignedReason = (typeof unalignedReasons)[number]

/** What alignment did to a corpus so far. `annotations = exact + normalised + unaligned`, `occurrences = mentions + repeated + overlapping`. */
export interface AlignReport {
  readonly sentences: number
  readonly annotations: number
  /** Annotations that have a mention by exact match. */
  readonly exact: number
  /** Annotations that have a mention only after normalisation. */
  readonly normalised: number
  readonly unaligned: Readonly<Record<UnalignedReason, number>>
  /** Places that were found, all annotations together. */
  readonly occurrences: number
  readonly mentions: number
  /** Places that another annotation of the same concept had already. */
  readonly repeated: number
  /** Places that the overlap policy took away. */
  readonly overlapping: number
  /** Part of the annotations without a mention; 0 for an empty corpus. */
  readonly loss: number
}

/** The report in the form of a manifest, whose balance is checked when it is written. */
export const alignCounts = (report: AlignReport): Record<"sentences" | "annotations" | "occurrences", Counts> => ({
  sentences: { in: report.sentences, out: report.sentences, dropped: {} },
  annotations: { in: report.annotations, out: report.exact + report.normalised, dropped: { ...report.unaligned } },
  occurrences: {
    in: report.occurrences,
    out: report.mentions,
    dropped: { repeated: report.repeated, overlapping: report.overlapping }
  }
})

/** The counters behind a report. */
export interface Tally {
  sentences: number
  annotations: number
  exact: number
  normalised: number
  readonly unaligned: Record<UnalignedReason, number>
  occurrences: number
  mentions: number
  repeated: number
  overlapping: number
}

export const emptyTally = (): Tally => ({
  sentences: 0,
  annotations: 0,
  exact: 0,
  normalised: 0,
  unaligned: { empty: 0, absent: 0, "inside-word": 0, exhausted: 0, overlap: 0 },
  occurrences: 0,
  mentions: 0,
  repeated: 0,
  overlapping: 0
})

export const toReport = (tally: Tally): AlignReport => {
  const lost = unalignedReasons.reduce((sum, reason) => sum + tally.unaligned[reason], 0)
  return {
    ...tally,
    unaligned: { ...tally.unaligned },
    loss: tally.annotations === 0 ? 0 : lost / tally.annotations
  }
}
