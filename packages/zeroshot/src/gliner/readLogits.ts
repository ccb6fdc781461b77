import { hiddenStates } from "@nuner/encoder"
import { tf } from "@nuner/engine"
import type { GlinerParts } from "./Gliner.ts"
import { headLogits } from "./headLogits.ts"
import type { TypeRows } from "./LabelVectors.ts"
import type { RowBatch } from "./rowBatch.ts"

/**
 * Logits of a batch as plain numbers, `[rows, words, width, types]` or `[rows, words, types, 3]`.
 *
 * @param own types that do not stand in the rows
 */
export const readLogits = async (
  { config, encoder, head }: GlinerParts,
  batch: RowBatch,
  own?: TypeRows
): Promise<Float32Array> => {
  const { lengths, tokens, typeAt, types, wordAt, words } = batch
  const states = await hiddenStates(encoder, tokens)
  const { hidden } = encoder.config
  const pick = (places: Int32Array, count: number): tf.Tensor3D => {
    const picked = new Float32Array(places.length * hidden)
    for (const [i, place] of places.entries()) {
      const from = (Math.floor(i / count) * tokens.tokens + place) * hidden
      if (place >= 0) picked.set(states.subarray(from, from + hidden), i * hidden)
    }
    return tf.tensor3d(picked, [tokens.rows, count, hidden])
  }
  const logits = tf.tidy(() =>
    headLogits(config, head, {
      words: pick(wordAt, words),
      types: own ? tf.tensor3d(own.values, [own.rows, own.types, config.hidden]) : pick(typeAt, types),
      lengths,
      present: Float32Array.from(wordAt, (place) => (place < 0 ? 0 : 1))
    })
  )
  try {
    return (await logits.data()) as Float32Array
  } finally {
    logits.dispose()
  }
}
