import { hostTurn, packByLength, type Window } from "@nuner/engine"
import { type EncoderConfig, maxTokens } from "../config/EncoderConfig.ts"
import { type TokenBatch, tokenBatch } from "../model/TokenBatch.ts"
import type { Encoding } from "../tokenizer/Encoding.ts"
import { tokenWindows } from "./tokenWindows.ts"

/** What a network gave for one window of a text. */
export interface WindowResult {
  /** In tokens of the text without the special ones around it. */
  readonly window: Window
  /** `[prefix + window + suffix, width]` */
  readonly values: Float32Array
  readonly width: number
}

export interface RunOptions {
  /** The most tokens, padding included, in one batch. Default 2048. */
  readonly batchTokens?: number
  /** Tokens that neighbouring windows share, at least. Default: a quarter of the window. */
  readonly overlap?: number
  /** Looked at between batches. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a network over texts of any length: long ones in overlapping windows, each with its own special tokens; windows of similar
 * length in one batch.
 *
 * @param network `[rows, tokens, width]` for a batch; as plain numbers
 * @returns for each text its windows, in order
 */
export const runWindows = async (
  { config }: { readonly config: EncoderConfig },
  encodings: ReadonlyArray<Encoding>,
  network: (batch: TokenBatch) => Promise<Float32Array>,
  { batchTokens = 2048, overlap, signal }: RunOptions = {}
): Promise<Array<Array<WindowResult>>> => {
  const pieces = encodings.flatMap((encoding, text) =>
    tokenWindows(encoding.ids, frameOf(encoding), maxTokens(config), overlap).map((window) => ({ text, window }))
  )
  const results: Array<WindowResult> = new Array(pieces.length)
  const lengths = pieces.map(({ window }) => window.ids.length)
  for (const rows of packByLength(lengths, batchTokens)) {
    await hostTurn()
    signal?.throwIfAborted()
    const batch = tokenBatch(
      rows.map((piece) => pieces[piece]!.window.ids),
      config.padId
    )
    const values = await network(batch)
    const width = values.length / batch.ids.length
    for (const [row, piece] of rows.entries()) {
      const from = row * batch.tokens * width
      results[piece] = {
        window: pieces[piece]!.window,
        values: values.slice(from, from + lengths[piece]! * width),
        width
      }
    }
  }
  const byText: Array<Array<WindowResult>> = encodings.map(() => [])
  for (const [index, { text }] of pieces.entries()) byText[text]!.push(results[index]!)
  return byText
}

/**
 * A text's numbers from those of its windows, each token's from the window that owns it: `[tokens, width]`, special tokens included, which come
 * from the first and the last window.
 */
export const mergeWindows = (encoding: Encoding, windows: ReadonlyArray<WindowResult>): Float32Array => {
  const [only] = windows
  if (windows.length === 1) return only!.values
  const { prefix, suffix } = frameOf(encoding)
  const { width } = only!
  const merged = new Float32Array(encoding.ids.length * width)
  for (const [index, { window, values }] of windows.entries()) {
    const first = index === 0 ? -prefix.length : window.own.start
    const last = index === windows.length - 1 ? window.own.end + suffix.length : window.own.end
    const own = values.subarray(
      (first + prefix.length - window.start) * width,
      (last + prefix.length - window.start) * width
    )
    merged.set(own, (first + prefix.length) * width)
  }
  return merged
}

/** The special tokens before and after a text. */
const frameOf = ({ ids, special }: Encoding): { prefix: Int32Array; suffix: Int32Array } => {
  const from = special.indexOf(0)
  // A text without a token of its own: the last special token is its end.
  if (from < 0)
    return { prefix: ids.subarray(0, Math.max(0, ids.length - 1)), suffix: ids.subarray(Math.max(0, ids.length - 1)) }
  return { prefix: ids.subarray(0, from), suffix: ids.subarray(special.lastIndexOf(0) + 1) }
}
