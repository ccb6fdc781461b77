import { createHash } from "node:crypto"
import { rng } from "@nuner/core"
import type { Tokenizer } from "@nuner/encoder"
import type { Examples } from "@nuner/engine"

/** Texts as rows of one length for language modelling. */
export interface PackedRows {
  /** `[rows, rowTokens]`: prefix, text, suffix; every row full. */
  readonly ids: Int32Array
  readonly rows: number
  readonly rowTokens: number
  /** `[rows, rowTokens]`: 1 where a word starts (after a space, or at the start of a text). */
  readonly wordStart: Uint8Array
}

/** One of them `[rowTokens]`. */
export type PackedRow = Pick<PackedRows, "ids" | "wordStart">

/**
 * Tokenises texts and packs them one behind the other, parted by the suffix token, into rows (RoBERTa's "full sentences", Liu et al. 2019,
 * section 4.2). The tokens after the last full row are left out. Memory is five bytes a token, ten while it grows.
 */
export const packRows = async (
  texts: Iterable<string> | AsyncIterable<string>,
  tokenizer: Tokenizer,
  { lowercase, rowTokens, seed }: { readonly rowTokens: number; readonly lowercase: number; readonly seed: number }
): Promise<PackedRows> => {
  const { prefix, suffix } = tokenizer
  const random = rng(seed).fork("lowercase")
  const body = rowTokens - prefix.length - suffix.length
  let ids = new Int32Array(256 * rowTokens)
  let wordStart = new Uint8Array(ids.length)
  let [rows, filled] = [0, 0]
  const push = (id: number, startsWord: boolean) => {
    const at = rows * rowTokens
    if (at === ids.length) {
      ids = grown(ids, new Int32Array(2 * at))
      wordStart = grown(wordStart, new Uint8Array(2 * at))
    }
    ids[at + prefix.length + filled] = id
    wordStart[at + prefix.length + filled] = startsWord ? 1 : 0
    if (++filled < body) return
    ids.set(prefix, at)
    ids.set(suffix, at + prefix.length + body)
    rows++
    filled = 0
  }
  let held: Array<string> = []
  const flush = async () => {
    for (const [i, { ids, offsets }] of (await tokenizer.encodeBatch(held)).entries()) {
      const text = held[i]!
      for (let t = prefix.length; t < ids.length - suffix.length; t++) {
        const { start } = offsets[t]!
        push(ids[t]!, start === 0 || /\s/.test(text[start - 1]!))
      }
      for (const id of suffix) push(id, true)
    }
    held = []
  }
  for await (const text of texts) {
    held.push(random.next() < lowercase ? text.toLowerCase() : text)
    if (held.length === 512) await flush()
  }
  await flush()
  const length = rows * rowTokens
  return { ids: ids.slice(0, length), rows, rowTokens, wordStart: wordStart.slice(0, length) }
}

const grown = <A extends Int32Array | Uint8Array>(old: A, larger: A): A => {
  larger.set(old)
  return larger
}

/** Some of the rows as examples. */
export const rowExamples = ({ ids, rowTokens, wordStart }: PackedRows, rows: Int32Array): Examples<PackedRow> => {
  const hash = createHash("sha256").update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength))
  const row = (number: number): PackedRow => {
    const [start, end] = [number * rowTokens, (number + 1) * rowTokens]
    return { ids: ids.subarray(start, end), wordStart: wordStart.subarray(start, end) }
  }
  return {
    count: rows.length,
    fingerprint: hash
      .update(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
      .digest("hex")
      .slice(0, 16),
    at: async (numbers) => Array.from(numbers, (number) => row(rows[number]!))
  }
}
