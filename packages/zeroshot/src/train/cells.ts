import type { GlinerConfig } from "../gliner/GlinerConfig.ts"
import type { WordEntity } from "./trainingSentences.ts"

/** What a head's logits are compared with. */
export interface Cells {
  /** 1 for a positive cell, in the shape of the logits. */
  readonly y: Float32Array
  /** 1 for a cell that counts. */
  readonly mask: Float32Array
  /** Spans that count; words times types that count, where words are scored. */
  readonly count: number
}

export interface LabelledRow {
  readonly entities: ReadonlyArray<WordEntity>
  readonly types: ReadonlyArray<string>
  /** [words]: the place of each word's vector; below 0: it was cut off and does not count. */
  readonly wordAt: ArrayLike<number>
}

/**
 * Targets and mask of a batch. Of spans `[rows, words, width, types]`: a span that is an entity of the type; for width 1 every word of one. Of words
 * `[rows, words, types, 3]`: an entity starts, ends, goes on there.
 *
 * @param oneTypePerSpan of several types of one span the last one counts alone
 */
export const cells = (
  rows: ReadonlyArray<LabelledRow>,
  { maxWidth, spanMode }: GlinerConfig,
  { types, words }: { readonly words: number; readonly types: number },
  oneTypePerSpan: boolean
): Cells => {
  const ofWords = spanMode === "token_level"
  const [width, last] = ofWords ? [types, 3] : [maxWidth, types]
  const size = rows.length * words * width * last
  const [y, mask] = [new Float32Array(size), new Float32Array(size)]
  const at = (row: number, word: number, k: number, i: number) => ((row * words + word) * width + k) * last + i
  let count = 0
  for (const [row, { entities, types: own, wordAt }] of rows.entries()) {
    const there = (word: number) => word < wordAt.length && wordAt[word]! >= 0
    for (let word = 0; there(word); word++) {
      for (let k = 0; k < (ofWords ? own.length : width); k++) {
        if (!ofWords && !there(word + k)) break
        mask.fill(1, at(row, word, k, 0), at(row, word, k, ofWords ? 3 : own.length))
        count++
      }
    }
    const spans = ofWords || maxWidth > 1 ? entities : entities.flatMap(singleWords)
    for (const { end, start, type } of onePerSpan(spans, oneTypePerSpan)) {
      const number = own.indexOf(type)
      if (number < 0 || !there(end)) continue
      if (ofWords) {
        y[at(row, start, number, 0)] = 1
        y[at(row, end, number, 1)] = 1
        for (let word = start; word <= end; word++) y[at(row, word, number, 2)] = 1
      } else y[at(row, start, end - start, number)] = 1
    }
  }
  return { y, mask, count }
}

const singleWords = ({ end, start, type }: WordEntity): Array<WordEntity> =>
  Array.from({ length: end - start + 1 }, (_, i) => ({ start: start + i, end: start + i, type }))

const onePerSpan = (entities: ReadonlyArray<WordEntity>, one: boolean): Iterable<WordEntity> =>
  one ? new Map(entities.map((entity) => [`${entity.start} ${entity.end}`, entity])).values() : entities
