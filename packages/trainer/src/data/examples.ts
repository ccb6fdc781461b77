import type { AlignedSentence } from "@nuner/core"
import { planWindows, type Tokenizer } from "@nuner/encoder"
import { type LabelledTokens, tokenLabels } from "@nuner/sampler"

/** A window of a sentence as the text encoder reads it, with its concepts over tokens of `ids`. */
export interface Example extends LabelledTokens {
  /** `[tokens]`, special tokens included. */
  readonly ids: Int32Array
}

export interface Examples {
  readonly examples: ReadonlyArray<Example>
  /** Mentions that no sub-token overlaps; they label nothing. */
  readonly lostMentions: number
  /** Sentences that became more than one window. */
  readonly windowed: number
}

/**
 * Tokenises aligned sentences. One that is longer than a window becomes several that overlap by a quarter; each of its tokens counts in
 * the window that sees most around it.
 *
 * @param maxTokens of a window, special tokens included
 */
export const prepareExamples = async (
  sentences: ReadonlyArray<AlignedSentence>,
  tokenizer: Tokenizer,
  maxTokens: number
): Promise<Examples> => {
  const { prefix, suffix } = tokenizer
  const limit = maxTokens - prefix.length - suffix.length
  const examples: Array<Example> = []
  let lostMentions = 0
  let windowed = 0
  // A few hundred at a time: the library works in parallel, and the event loop breathes in between.
  for (let from = 0; from < sentences.length; from += 512) {
    const chunk = sentences.slice(from, from + 512)
    const encodings = await tokenizer.encodeBatch(chunk.map(({ text }) => text))
    for (const [i, { mentions }] of chunk.entries()) {
      const { ids, offsets } = encodings[i]!
      const { labels, lost } = tokenLabels(mentions, offsets)
      lostMentions += lost.length
      const windows = planWindows(ids.length - prefix.length - suffix.length, limit, Math.floor(limit / 4))
      if (windows.length > 1) windowed++
      for (const { end, own, start } of windows) {
        // Token t of the text stands at t + prefix of the whole sequence, and at t + prefix - start of the window.
        const shift = prefix.length - start
        const text = ids.subarray(prefix.length + start, prefix.length + end)
        examples.push({
          ids: Int32Array.of(...prefix, ...text, ...suffix),
          content: { start: own.start + shift, end: own.end + shift },
          labels: labels.map((label) => ({ ...label, start: label.start - start, end: label.end - start }))
        })
      }
    }
  }
  return { examples, lostMentions, windowed }
}
