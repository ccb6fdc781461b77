import type { AlignedSentence } from "@nuner/core"
import { type Tokenizer, tokenWindows } from "@nuner/encoder"
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
  const examples: Array<Example> = []
  let lostMentions = 0
  let windowed = 0
  // A few hundred at a time: the library works in parallel, and the event loop breathes in between.
  for (let from = 0; from < sentences.length; from += 512) {
    const chunk = sentences.slice(from, from + 512)
    const encodings = await tokenizer.encodeBatch(chunk.map(({ text }) => text))
    for (const [i, { mentions }] of chunk.entries()) {
      const encoding = encodings[i]!
      const { labels, lost } = tokenLabels(mentions, encoding.offsets)
      lostMentions += lost.length
      const windows = tokenWindows(encoding.ids, tokenizer, maxTokens)
      if (windows.length > 1) windowed++
      for (const { ids, own, shift, start } of windows) {
        examples.push({
          ids,
          content: { start: own.start + shift, end: own.end + shift },
          labels: labels.map((label) => ({ ...label, start: label.start - start, end: label.end - start }))
        })
      }
    }
  }
  return { examples, lostMentions, windowed }
}
