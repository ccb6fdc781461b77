import type { Rng } from "@nuner/core"
import type { WordSentence } from "./trainingSentences.ts"

export interface SampleTypesOptions {
  readonly negativeRatio: number
  readonly randomDrop: boolean
  readonly reshuffle: boolean
  /** The most types of a sentence. */
  readonly maxTypes: number
}

/** The most types of a batch that negatives are drawn from. */
const POOL = 100

/**
 * The types that each sentence of a batch is asked for, in random order: its own, and as many of the batch's types as it has mentions, times a whole
 * number drawn from 0 to `negativeRatio` (GLiNER, section 3.1; for ratio 1 half of the sentences get none). The types of the batch may be its own.
 */
export const sampleTypes = (
  sentences: ReadonlyArray<WordSentence>,
  { maxTypes, negativeRatio, randomDrop, reshuffle }: SampleTypesOptions,
  rng: Rng
): Array<ReadonlyArray<string>> => {
  const ownOf = ({ entities }: WordSentence) => [...new Set(entities.map(({ type }) => type))]
  const all = [...new Set(sentences.flatMap(ownOf))]
  const drawn = rng.shuffle(all).slice(0, POOL)
  return sentences.map((sentence) => {
    if (sentence.types !== undefined) return [...new Set(sentence.types)]
    const pool = reshuffle ? rng.shuffle(drawn) : drawn
    const negatives = pool.slice(0, rng.int(negativeRatio + 1) * sentence.entities.length)
    const types = rng.shuffle([...new Set([...ownOf(sentence), ...negatives])])
    const kept = randomDrop && types.length > 0 ? types.slice(0, 1 + rng.int(types.length)) : types
    return kept.slice(0, maxTypes)
  })
}

/** The types that sentences are validated on: each is asked for its own first, then for those of the others. */
export const allTypes = (sentences: ReadonlyArray<WordSentence>, maxTypes: number): Array<ReadonlyArray<string>> => {
  const all = sentences.flatMap(({ entities }) => entities.map(({ type }) => type))
  return sentences.map(({ entities, types }) =>
    types !== undefined
      ? [...new Set(types)]
      : [...new Set([...entities.map(({ type }) => type), ...all])].slice(0, maxTypes)
  )
}
