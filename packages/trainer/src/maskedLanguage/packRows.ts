import { rng } from "@nuner/core"
import type { Tokenizer } from "@nuner/encoder"

/** Texts as rows of one length for language modelling. */
export interface PackedRows {
  /** `[rows, rowTokens]`: prefix, text, suffix; every row full. */
  readonly ids: Int32Array
  readonly rows: number
  readonly rowTokens: number
  /** `[rows, rowTokens]`: 1 where a word starts (after a space, or at the start of a text). */
  readonly wordStart: Uint8Array
}

/**
 * Tokenises texts and packs them one behind the other, parted by the suffix token, into rows (RoBERTa's "full sentences", Liu et al. 2019,
 * section 4.2). The tokens after the last full row are left out.
 */
export const packRows = async (
  texts: Iterable<string> | AsyncIterable<string>,
  tokenizer: Tokenizer,
  { lowercase, rowTokens, seed }: { readonly rowTokens: number; readonly lowercase: number; readonly seed: number }
): Promise<PackedRows> => {
  const { prefix, suffix } = tokenizer
  const random = rng(seed).fork("lowercase")
  const stream: Array<number> = []
  const starts: Array<number> = []
  let held: Array<string> = []
  const flush = async () => {
    for (const [i, { ids, offsets }] of (await tokenizer.encodeBatch(held)).entries()) {
      const text = held[i]!
      for (let t = prefix.length; t < ids.length - suffix.length; t++) {
        const { start } = offsets[t]!
        stream.push(ids[t]!)
        starts.push(start === 0 || /\s/.test(text[start - 1]!) ? 1 : 0)
      }
      for (const id of suffix) stream.push(id)
      for (let t = 0; t < suffix.length; t++) starts.push(1)
    }
    held = []
  }
  for await (const text of texts) {
    held.push(random.next() < lowercase ? text.toLowerCase() : text)
    if (held.length === 512) await flush()
  }
  await flush()
  const body = rowTokens - prefix.length - suffix.length
  const rows = Math.floor(stream.length / body)
  const ids = new Int32Array(rows * rowTokens)
  const wordStart = new Uint8Array(rows * rowTokens)
  for (let row = 0; row < rows; row++) {
    const at = row * rowTokens
    ids.set(prefix, at)
    ids.set(stream.slice(row * body, (row + 1) * body), at + prefix.length)
    ids.set(suffix, at + prefix.length + body)
    wordStart.set(starts.slice(row * body, (row + 1) * body), at + prefix.length)
  }
  return { ids, rows, rowTokens, wordStart }
}
