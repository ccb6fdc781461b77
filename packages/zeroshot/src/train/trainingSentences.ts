import { type Counts, type Span, wordSpans } from "@nuner/core"
import { type StoredMention, sampleSentences } from "@nuner/sampler"
import type { GlinerConfig } from "../gliner/GlinerConfig.ts"
import { wordRules } from "../words/wordRules.ts"
import type { ZeroTrainSettings } from "./options.ts"

/** A sentence to learn from. */
export interface ZeroTrainSentence {
  readonly text: string
  /** Places in the text, in UTF-16 units, and their types. */
  readonly mentions: ReadonlyArray<StoredMention>
  /** The types that were looked for in it: it is asked for these, and no others are drawn. Absent: its own, and some of the batch's. */
  readonly types?: ReadonlyArray<string> | undefined
}

/** An entity over words, both ends included. */
export interface WordEntity extends Span {
  readonly type: string
}

/** A sentence as words. */
export interface WordSentence {
  readonly words: ReadonlyArray<string>
  readonly entities: ReadonlyArray<WordEntity>
  readonly types: ReadonlyArray<string> | undefined
}

export interface TrainingSentences {
  readonly sentences: ReadonlyArray<WordSentence>
  /** in = out + dropped, for sentences and for mentions. */
  readonly counts: { readonly sentences: Counts; readonly mentions: Counts }
}

/**
 * Sentences as the head sees them: words by the model's rule, mentions grown to whole words, types as they are read.
 *
 * A mention is lost where it touches no word, is wider than the head reaches, or lies behind the last word that is read; a sentence where it has no
 * type to ask for.
 *
 * @throws OptionError for a sample larger than what it is drawn from
 */
export const trainingSentences = (
  given: ReadonlyArray<ZeroTrainSentence>,
  { maxWidth, maxWords, spanMode, words: rule }: GlinerConfig,
  { lowercase, sampleSize, seed }: ZeroTrainSettings
): TrainingSentences => {
  const widest = spanMode !== "token_level" && maxWidth > 1 ? maxWidth : Number.POSITIVE_INFINITY
  const dropped = { notSampled: 0, noType: 0, noWord: 0, tooWide: 0, beyondLimit: 0 }
  const mentionsOf = (some: ReadonlyArray<ZeroTrainSentence>) =>
    some.reduce((sum, { mentions }) => sum + mentions.length, 0)
  const typed = given.filter(({ mentions, types }) => mentions.length > 0 || (types !== undefined && types.length > 0))
  const sample = sampleSentences(typed, sampleSize, seed)
  dropped.notSampled = mentionsOf(typed) - mentionsOf(sample)
  const name = (type: string) => (lowercase ? type.toLowerCase() : type)
  const sentences = sample.flatMap(({ mentions, text, types }): Array<WordSentence> => {
    const places = wordRules[rule](text)
    const entities = wordSpans(mentions, places).flatMap((span, i): Array<WordEntity> => {
      const lost =
        span === undefined
          ? "noWord"
          : span.end > maxWords
            ? "beyondLimit"
            : span.end - span.start > widest
              ? "tooWide"
              : undefined
      if (lost !== undefined) dropped[lost]++
      return lost === undefined ? [{ start: span!.start, end: span!.end - 1, type: name(mentions[i]!.concept) }] : []
    })
    if (entities.length === 0 && types === undefined) return []
    const words = places.slice(0, maxWords).map(({ word }) => word)
    return words.length === 0 ? [] : [{ words, entities, types: types?.map(name) }]
  })
  const { notSampled, noType: _, ...lost } = dropped
  return {
    sentences,
    counts: {
      sentences: {
        in: given.length,
        out: sentences.length,
        dropped: {
          noType: given.length - typed.length,
          notSampled: typed.length - sample.length,
          nothingLeft: sample.length - sentences.length
        }
      },
      mentions: {
        in: mentionsOf(given),
        out: sentences.reduce((sum, { entities }) => sum + entities.length, 0),
        dropped: { notSampled, ...lost }
      }
    }
  }
}
