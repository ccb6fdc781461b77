import { OptionError } from "@nuner/core"
import { planWindows, type Window } from "@nuner/engine"

/** A stretch of a tokenised text with the text's special tokens around it: what an encoder reads. */
export interface TokenWindow extends Window {
  /** `[prefix + window + suffix]` */
  readonly ids: Int32Array
  /** Added to a token's place in the text without special tokens, it is the token's place in `ids`. */
  readonly shift: number
}

/**
 * A tokenised text as windows of at most `maxTokens`, special tokens included: one where it fits, else several that overlap. Nothing is cut off.
 *
 * @param ids of the whole text, special tokens included
 * @param overlap tokens that neighbours share, at least. Default: a quarter of a window
 * @throws OptionError for an overlap that leaves no progress
 */
export const tokenWindows = (
  ids: Int32Array,
  { prefix, suffix }: { readonly prefix: Int32Array; readonly suffix: Int32Array },
  maxTokens: number,
  overlap?: number
): Array<TokenWindow> => {
  const size = maxTokens - prefix.length - suffix.length
  if (overlap !== undefined && overlap >= size) {
    const reason = `must leave progress in windows of ${size} tokens, got ${overlap}`
    throw new OptionError({ component: "windows", option: "overlap", reason })
  }
  const tokens = ids.length - prefix.length - suffix.length
  return planWindows(tokens, size, overlap ?? Math.floor(size / 4)).map((window) => {
    const content = ids.subarray(prefix.length + window.start, prefix.length + window.end)
    return { ...window, ids: Int32Array.of(...prefix, ...content, ...suffix), shift: prefix.length - window.start }
  })
}
