import { type Model, maxTokens, tokenBatch } from "@nuner/encoder"
import { embedding, tf } from "@nuner/engine"
import type { Row } from "../words/encodeRows.ts"
import { type StatesOptions, states } from "./states.ts"

/** phi of the first sub-token of every word of some rows, in order, with gradients: `[words, hidden]`. */
export const wordStates = (model: Model, rows: ReadonlyArray<Row>, options: StatesOptions): tf.Tensor2D =>
  at(model, rows, options, ({ firsts }) => firsts)

/** phi of the first token of each text ([CLS], `<s>`), with gradients: `[texts, hidden]`. */
export const textStates = (model: Model, ids: ReadonlyArray<Int32Array>, options: StatesOptions): tf.Tensor2D =>
  at(
    model,
    ids.map((ids) => ({ ids })),
    options,
    () => [0]
  )

const at = <R extends { readonly ids: Int32Array }>(
  model: Model,
  rows: ReadonlyArray<R>,
  options: StatesOptions,
  positions: (row: R) => ArrayLike<number>
): tf.Tensor2D =>
  tf.tidy(() => {
    const { config } = model
    const batch = tokenBatch(
      rows.map(({ ids }) => ids),
      config.padId,
      { multipleOf: 8, longest: maxTokens(config) }
    )
    const all = states(model, batch, options)
    const flat = tf.reshape(all, [batch.rows * batch.tokens, config.hidden])
    const places = rows.flatMap((row, r) => Array.from(positions(row), (token) => r * batch.tokens + token))
    return embedding(flat, Int32Array.from(places))
  })
