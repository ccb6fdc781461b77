import { createHash } from "node:crypto"
import { words } from "@nuner/core"
import { type Tokenizer, tokenWindows } from "@nuner/encoder"
import type { Examples } from "@nuner/engine"
import { type LabelledTokens, type StoredSentence, tokenLabels, tokensAbout } from "@nuner/sampler"

/** A stretch of a sentence as the encoder reads it, with its concepts over tokens of `ids`. */
export interface SentenceWindow extends LabelledTokens {
  /** `[tokens]`, special tokens included. */
  readonly ids: Int32Array
}

export interface WindowOptions {
  readonly tokenizer: Tokenizer
  /** Of a window, special tokens included. */
  readonly maxTokens: number
  /** Which sub-tokens of a word count. */
  readonly subTokens: "all" | "first"
}

/** What tokenising met in the sentences that were read, each counted once. */
export interface Reading {
  sentences: number
  /** Sentences that became more than one window. */
  windowed: number
  /** Mentions that no sub-token overlaps; they label nothing. */
  lostMentions: number
}

/** A sentence's windows: one, unless it is longer than a window. */
export interface TokenisedSentence {
  readonly windows: ReadonlyArray<SentenceWindow>
  readonly lostMentions: number
}

/**
 * Tokenises aligned sentences. One that is longer than a window becomes several that overlap by a quarter; each of its tokens counts in
 * the window that sees most around it.
 */
export const tokeniseSentences = async (
  sentences: ReadonlyArray<StoredSentence>,
  { maxTokens, subTokens, tokenizer }: WindowOptions
): Promise<Array<TokenisedSentence>> => {
  const encodings = await tokenizer.encodeBatch(sentences.map(({ text }) => text))
  return sentences.map(({ mentions, text }, i) => {
    const { ids, offsets } = encodings[i]!
    const { labels, lost } = tokenLabels(mentions, offsets)
    const starts = subTokens === "first" ? firstSubTokens(text, mentions, offsets) : undefined
    return {
      lostMentions: lost.length,
      windows: tokenWindows(ids, tokenizer, maxTokens).map(({ ids, own, shift, start }) => {
        const window = {
          ids,
          content: { start: own.start + shift, end: own.end + shift },
          labels: labels.map((label) => ({ ...label, start: label.start - start, end: label.end - start }))
        }
        return starts === undefined ? window : { ...window, counts: starts.subarray(start) }
      })
    }
  })
}

/** 1 for each token with which a word, or a mention inside of one, begins `[tokens]`. */
const firstSubTokens = (
  text: string,
  mentions: StoredSentence["mentions"],
  offsets: ReadonlyArray<{ readonly start: number; readonly end: number }>
): Uint8Array => {
  const first = new Uint8Array(offsets.length)
  const starts = [...words(text), ...mentions].map(({ start }) => start).sort((a, b) => a - b)
  let token = 0
  for (const start of starts) {
    while (token < offsets.length && offsets[token]!.end <= start) token++
    if (token < offsets.length) first[token] = 1
  }
  return first
}

/**
 * Sentences in memory as examples, each tokenised when a batch asks for it.
 *
 * @param make what the objective trains on, from some of the items
 */
export const listExamples = <Item, Example>(
  items: ReadonlyArray<Item>,
  textOf: (item: Item) => string,
  make: (items: ReadonlyArray<Item>, numbers: Int32Array) => Promise<ReadonlyArray<Example>>
): Examples<Example> => {
  const hash = createHash("sha256")
  for (const item of items) hash.update(JSON.stringify(item))
  return {
    count: items.length,
    lengths: Uint32Array.from(items, (item) => tokensAbout(textOf(item))),
    fingerprint: hash.digest("hex").slice(0, 16),
    at: (numbers) =>
      make(
        Array.from(numbers, (number) => items[number]!),
        numbers
      )
  }
}

/** Counts what tokenising met, each of `count` sentences once however often it is read. */
export const readingOf = (count: number, reading: Reading) => {
  const seen = new Uint8Array(count)
  return (numbers: Int32Array, tokenised: ReadonlyArray<TokenisedSentence>): void => {
    for (const [i, { lostMentions, windows }] of tokenised.entries()) {
      if (seen[numbers[i]!] === 1) continue
      seen[numbers[i]!] = 1
      reading.sentences++
      reading.lostMentions += lostMentions
      if (windows.length > 1) reading.windowed++
    }
  }
}
