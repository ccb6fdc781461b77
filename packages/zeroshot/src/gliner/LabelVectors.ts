import { type Encoder, encode } from "@nuner/encoder"
import { type Parameters, tf } from "@nuner/engine"
import { linearOf } from "../heads/feedForward.ts"

/** Before the names of the labels encoder's own parameters. */
export const LABELS_PREFIX = "token_rep_layer.labels_encoder.model."
/** To the head's width, where the labels encoder has another. */
export const LABELS_PROJECTION = "token_rep_layer.labels_projection"

/** Types of some rows: their vectors, which rows may share, padded. */
export interface TypeRows {
  /** `[rows or 1, types, D]` */
  readonly values: Float32Array
  readonly rows: number
  readonly types: number
}

/** Types as an encoder of their own reads them (GLiNER-bi), kept once they were computed. */
export class LabelVectors {
  readonly #labels: Encoder
  readonly #head: Parameters
  readonly #size: number
  readonly #known = new Map<string, Float32Array>()

  /** @param size D, the head's width */
  constructor(labels: Encoder, head: Parameters, size: number) {
    this.#labels = labels
    this.#head = head
    this.#size = size
  }

  /** Computes those that are not known: the mean over all tokens of a type, special ones too, at the head's width. */
  async read(texts: ReadonlyArray<string>): Promise<void> {
    const missing = [...new Set(texts)].filter((text) => !this.#known.has(text))
    const { hidden } = this.#labels.config
    for await (const { ids, text, values } of encode(this.#labels, missing)) {
      const mean = new Float32Array(hidden)
      for (const [i, value] of values.entries()) mean[i % hidden]! += value / ids.length
      this.#known.set(text, await this.#project(mean))
    }
  }

  /**
   * Vectors of the types of rows; rows that are all asked for the same share them.
   *
   * @param groups of each row, its types' places among `texts`, which were read
   */
  rows(groups: ReadonlyArray<ReadonlyArray<number>>, texts: ReadonlyArray<string>): TypeRows {
    const distinct = groups.every((group) => group === groups[0]) ? groups.slice(0, 1) : groups
    const types = Math.max(...distinct.map(({ length }) => length))
    const values = new Float32Array(distinct.length * types * this.#size)
    for (const [row, group] of distinct.entries()) {
      for (const [i, type] of group.entries()) {
        values.set(this.#known.get(texts[type]!)!, (row * types + i) * this.#size)
      }
    }
    return { values, rows: distinct.length, types }
  }

  async #project(mean: Float32Array): Promise<Float32Array> {
    if (this.#head[`${LABELS_PROJECTION}.weight`] === undefined) return mean
    const projected = tf.tidy(() => linearOf(this.#head, LABELS_PROJECTION, tf.tensor2d(mean, [1, mean.length])))
    const values = (await projected.data()) as Float32Array
    projected.dispose()
    return values
  }
}
