import { packByLength, type tf } from "@nuner/engine"
import type { Row, Rows } from "../words/encodeRows.ts"
import type { Vectors } from "./Vectors.ts"

/** Vectors of the words of sentences. Word `w` of sentence `s` is row `starts[s] + w`. */
export interface WordVectors extends Vectors {
  /** `[sentences + 1]` */
  readonly starts: Int32Array
}

/** How rows are read. */
export interface ReadingOptions {
  /** The most tokens of a batch, padding included. */
  readonly batchTokens: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a network over the words of sentences, rows of like length in one batch.
 *
 * @param network `[words, width]` for the words of some rows; its result is disposed here
 * @throws the signal's reason, between two batches
 */
export const wordVectors = async (
  { kept, rows }: Rows,
  { batchTokens, signal }: ReadingOptions,
  network: (rows: ReadonlyArray<Row>, batch: number) => tf.Tensor2D
): Promise<WordVectors> => {
  const starts = new Int32Array(kept.length + 1)
  for (const [i, count] of kept.entries()) starts[i + 1] = starts[i]! + count
  let values: Float32Array | undefined
  let width = 0
  const lengths = rows.map(({ ids }) => ids.length)
  for (const [n, places] of packByLength(lengths, batchTokens).entries()) {
    signal?.throwIfAborted()
    const batch = places.map((place) => rows[place]!)
    const output = network(batch, n)
    width = output.shape[1]
    const found = (await output.data().finally(() => output.dispose())) as Float32Array
    values ??= new Float32Array(starts.at(-1)! * width)
    let from = 0
    for (const { sentence, words } of batch) {
      for (const word of words) {
        values.set(found.subarray(from, from + width), (starts[sentence]! + word) * width)
        from += width
      }
    }
  }
  return { rows: starts.at(-1)!, width, values: values ?? new Float32Array(0), starts }
}
