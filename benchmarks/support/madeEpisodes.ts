import { type Episode, type LabelledSentence, rng } from "@nuner/core"

export const madeTypes = ["animal", "city", "drug", "film", "river"]

export interface MadeOptions {
  /** Words of a sentence: `least` to `least + more - 1`. */
  readonly least: number
  readonly more: number
  /** Sentences of each type on a side, with one entity each. Default 1. */
  readonly ofType?: number
}

/** 5-way episodes of made-up words. */
export const madeEpisodes = (count: number, { least, more, ofType = 1 }: MadeOptions): Array<Episode> => {
  const random = rng("benchmark")
  const sentence = (type: string): LabelledSentence => {
    const length = least + random.int(more)
    const start = random.int(length)
    return {
      words: Array.from({ length }, () => `word${random.int(500)}`),
      entities: [{ start, end: start + 1, type }]
    }
  }
  const side = () => Array.from({ length: ofType }, () => madeTypes.map(sentence)).flat()
  return Array.from({ length: count }, () => ({ types: madeTypes, support: side(), query: side() }))
}
