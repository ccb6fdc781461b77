import { type ConceptSentence, conceptNames } from "./ConceptSentence.ts"
import { foldingOnce } from "./foldConcept.ts"

export interface ConceptFrequency {
  /** Folded. */
  readonly concept: string
  /** Annotations (before alignment) or mentions (after it) that carry it. */
  readonly count: number
}

/** Every concept of a corpus, the most frequent first; equal counts stand in code-point order of the name. */
export interface ConceptFrequencies {
  readonly total: number
  readonly concepts: ReadonlyArray<ConceptFrequency>
}

/** The table behind Figure 4 of the paper. Annotations are counted in annotated sentences, mentions in aligned ones. */
export const conceptFrequencies = (sentences: Iterable<ConceptSentence>): ConceptFrequencies =>
  frequenciesOf(namesIn(sentences))

function* namesIn(sentences: Iterable<ConceptSentence>): Generator<string> {
  for (const sentence of sentences) yield* conceptNames(sentence)
}

/** The same of names as they come, one an annotation. */
export const frequenciesOf = (names: Iterable<string>): ConceptFrequencies => {
  const fold = foldingOnce()
  const counts = new Map<string, number>()
  let total = 0
  for (const name of names) {
    const concept = fold(name)
    counts.set(concept, (counts.get(concept) ?? 0) + 1)
    total++
  }
  const concepts = Array.from(counts, ([concept, count]) => ({ concept, count }))
  return { total, concepts: concepts.sort((a, b) => b.count - a.count || codePointOrder(a.concept, b.concept)) }
}

/** The n most frequent concepts (section 5.2), all where there are fewer. */
export const topConcepts = ({ concepts }: ConceptFrequencies, n: number): Array<string> =>
  concepts.slice(0, n).map(({ concept }) => concept)

export interface Coverage {
  readonly concepts: number
  /** Of the annotations, those that the most frequent `concepts` carry. */
  readonly count: number
  /** `count / total`, 0 for an empty corpus. */
  readonly share: number
}

/**
 * How much of the annotations the n most frequent concepts carry: a point for each n asked for.
 *
 * @param at default: the points of the paper's Table 5, and all concepts.
 */
export const coverageCurve = (
  { total, concepts }: ConceptFrequencies,
  at: ReadonlyArray<number> = [4, 16, 154, 1500, concepts.length]
): Array<Coverage> => {
  const sums = new Float64Array(concepts.length + 1)
  concepts.forEach(({ count }, i) => {
    sums[i + 1] = sums[i]! + count
  })
  return at.map((n) => {
    const count = sums[Math.max(0, Math.min(n, concepts.length))]!
    return { concepts: n, count, share: total === 0 ? 0 : count / total }
  })
}

/** Order by code points; plain `<` compares UTF-16 units, which puts emoji before U+E000 and what follows it. */
const codePointOrder = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue
    // At the second unit of a pair, the first ones are equal, and the order of the second ones is the order of the pairs.
    return a.codePointAt(i)! - b.codePointAt(i)!
  }
  return a.length - b.length
}
