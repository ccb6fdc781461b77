import * as Schema from "effect/Schema"
import { InputError } from "../errors.ts"
import type { Span } from "../schema/Span.ts"

/**
 * What becomes of spans that share a character or a word: `keep` all; the `longest` (of equals the earlier in the text, then the earlier
 * given); `drop` every one that overlaps another; or `fail`.
 */
export const Overlap = Schema.Literals(["keep", "longest", "drop", "fail"])
export type Overlap = typeof Overlap.Type

/** Where a record stands, cited in errors. */
export interface Place {
  /** A file path, or a name such as "stdin". */
  readonly source: string
  /** 1-based. */
  readonly line?: number
}

export interface OverlapOptions<S> {
  /** Whether several types on one span overlap: where a word has one tag. Default false. */
  readonly flat?: boolean
  /** Decides between spans of one length and start: the lower stays. Default: the order of the input. */
  readonly rank?: (span: S) => number
  readonly place?: Place & { /** Names a span in errors. Default: its offsets. */ readonly shown?: (span: S) => string }
}

/**
 * The spans that stay, in the order of the input.
 *
 * @throws InputError under `fail`, naming the first two spans that overlap
 */
export const resolveOverlap = <S extends Span>(
  spans: ReadonlyArray<S>,
  overlap: Overlap,
  { flat = false, rank = () => 0, place = { source: "spans" } }: OverlapOptions<S> = {}
): ReadonlyArray<S> => {
  if (overlap === "keep" || spans.length < 2) return spans
  const sorted = spans.toSorted((a, b) => a.start - b.start || a.end - b.end)
  const clashing = new Set<S>()
  sorted.forEach((a, i) => {
    for (let j = i + 1; j < sorted.length && sorted[j]!.start < a.end; j++) {
      const b = sorted[j]!
      if (!clash(a, b, flat)) continue
      if (overlap === "fail") {
        const { shown = ({ end, start }: S) => `span ${start}..${end}`, ...where } = place
        const ways = flat ? "longest or drop" : "keep, longest or drop"
        const remedy = `say what becomes of such entities: --overlap ${ways}`
        throw new InputError({ ...where, field: "entities", reason: `${shown(a)} and ${shown(b)} overlap`, remedy })
      }
      clashing.add(a).add(b)
    }
  })
  if (clashing.size === 0) return spans
  const kept = new Set<S>()
  if (overlap === "longest") {
    const ranked = sorted
      .filter((span) => clashing.has(span))
      .sort((a, b) => length(b) - length(a) || a.start - b.start || rank(a) - rank(b))
    for (const span of ranked) {
      let free = true
      for (const other of kept) free &&= !clash(span, other, flat)
      if (free) kept.add(span)
    }
  }
  return spans.filter((span) => kept.has(span) || !clashing.has(span))
}

const clash = (a: Span, b: Span, flat: boolean): boolean =>
  a.start < b.end && b.start < a.end && (flat || a.start !== b.start || a.end !== b.end)

const length = ({ start, end }: Span): number => end - start
