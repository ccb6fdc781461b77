import type { Span } from "@nuner/core"

/** A text that was made of another one, and for each of its UTF-16 units where it stood there. */
export interface FollowedText {
  readonly text: string
  readonly starts: ReadonlyArray<number>
  readonly ends: ReadonlyArray<number>
}

/** A stretch of a text, not empty, that is written otherwise. */
export interface Rewriting extends Span {
  readonly written: string
}

/** `text.slice(start, end)` as it stands. */
export const followText = (text: string, { start, end }: Span): FollowedText => {
  const starts = Array.from({ length: end - start }, (_, unit) => start + unit)
  return { text: text.slice(start, end), starts, ends: starts.map((at) => at + 1) }
}

export const sliceFollowed = ({ ends, starts, text }: FollowedText, start: number, end: number): FollowedText => ({
  text: text.slice(start, end),
  starts: starts.slice(start, end),
  ends: ends.slice(start, end)
})

/** Stretches that `pattern` matches. */
export const splitFollowed = (of: FollowedText, pattern: RegExp): Array<FollowedText> =>
  Array.from(of.text.matchAll(pattern), ({ 0: match, index }) => sliceFollowed(of, index, index + match.length))

/** Whatever a stretch is written as comes from all of it. @param rewritings in order, without overlap; what lies between stays */
export const rewrite = (of: FollowedText, rewritings: Iterable<Rewriting>): FollowedText => {
  const { ends, starts, text } = of
  let out = ""
  const [outStarts, outEnds]: [Array<number>, Array<number>] = [[], []]
  const copy = (from: number, to: number) => {
    out += text.slice(from, to)
    for (let at = from; at < to; at++) {
      outStarts.push(starts[at]!)
      outEnds.push(ends[at]!)
    }
  }
  let done = 0
  for (const { end, start, written } of rewritings) {
    copy(done, start)
    out += written
    for (let unit = 0; unit < written.length; unit++) {
      outStarts.push(starts[start]!)
      outEnds.push(ends[end - 1]!)
    }
    done = end
  }
  copy(done, text.length)
  return { text: out, starts: outStarts, ends: outEnds }
}
