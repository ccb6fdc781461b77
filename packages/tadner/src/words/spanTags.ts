import { fromTags, type Span, toTags } from "@nuner/core"

/**
 * How the tags of words write spans down, without types: IO (neighbours merge), BIO, or BIOES with the ends and the one-word spans marked.
 */
export type SpanScheme = "IO" | "BIO" | "BIOES"

/** Of the house's own readers and writers of tags. */
const house = { IO: "IO", BIO: "BIO", BIOES: "IOBES" } as const
const type = "entity"

/** The outputs of a span detector, in order; "O" is the first. */
export const tagsOf = (scheme: SpanScheme): Array<string> =>
  ["O", ...{ IO: "I", BIO: "BI", BIOES: "BIES" }[scheme]].map((tag) => (tag === "O" ? tag : `${tag}-${type}`))

export interface SpanLabelOptions {
  readonly scheme: SpanScheme
  /** BIOES as the published helper writes it: of two adjacent one-word spans the second is lost. */
  readonly loseAdjacentSingletons: boolean
}

/** The tag number of each of `length` words; spans must not overlap. */
export const spanLabels = (
  spans: ReadonlyArray<Span>,
  length: number,
  { loseAdjacentSingletons, scheme }: SpanLabelOptions
): Int32Array => {
  const sorted = spans.toSorted((a, b) => a.start - b.start)
  const written = scheme === "BIOES" && loseAdjacentSingletons ? withoutSecondSingletons(sorted) : sorted
  const numbers = new Map(tagsOf(scheme).map((tag, n) => [tag, n]))
  const entities = written.map(({ start, end }) => ({ start, end, type }))
  return Int32Array.from(toTags(entities, length, house[scheme]), (tag) => numbers.get(tag)!)
}

const withoutSecondSingletons = (spans: ReadonlyArray<Span>): Array<Span> => {
  const kept: Array<Span> = []
  for (const span of spans) {
    const last = kept.at(-1)
    const second = last !== undefined && isSingle(last) && isSingle(span) && last.end === span.start
    if (!second) kept.push(span)
  }
  return kept
}

const isSingle = ({ start, end }: Span): boolean => end === start + 1

/** The spans that tag numbers write down; a sequence that its scheme does not allow has a meaning all the same (conlleval's). */
export const readSpans = (labels: ArrayLike<number>, scheme: SpanScheme): Array<Span> => {
  const tags = tagsOf(scheme)
  const entities = fromTags(
    Array.from(labels, (label) => tags[label]!),
    house[scheme]
  )!
  return entities.map(({ start, end }) => ({ start, end }))
}
