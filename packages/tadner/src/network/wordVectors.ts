import type { tf } from "@nuner/engine"
import type { Row, Rows } from "../words/encodeRows.ts"
import type { Vectors } from "./Vectors.ts"

/** Vectors of the words of sentences. Word `w` of sentence `s` is row `starts[s] + w`. */
export interface WordVectors extends Vectors {
  /** `[sentences + 1]` */
  readonly starts: Int32Array
}

/**
 * Runs a network over the words of sentences, rows of like length in one batch.
 *
 * @param network `[words, width]` for the words of some rows; its result is disposed here
 * @param batchTokens the most tokens of a batch, padding included
 */
export const wordVectors = async (
  { kept, rows }: Rows,
  batchTokens: number,
  network: (rows: ReadonlyArray<Row>, batch: number) => tf.Tensor2D
): Promise<WordVectors> => {
  const starts = new Int32Array(kept.length + 1)
  for (const [i, count] of kept.entries()) starts[i + 1] = starts[i]! + count
  let values: Float32Array | undefined
  let width = 0
  for (const [n, batch] of batches(rows, batchTokens).entries()) {
    const output = network(batch, n)
    const found = (await output.data()) as Float32Array
    width = output.shape[1]
    output.dispose()
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

/** Shortest first; a batch holds as many rows as fit, at least one. */
const batches = (rows: ReadonlyArray<Row>, batchTokens: number): Array<Array<Row>> => {
  const all: Array<Array<Row>> = []
  for (const row of rows.toSorted((a, b) => a.ids.length - b.ids.length)) {
    const last = all.at(-1)
    if (last !== undefined && (last.length + 1) * row.ids.length <= batchTokens) last.push(row)
    else all.push([row])
  }
  return all
}
