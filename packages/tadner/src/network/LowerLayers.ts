import { forward, type Model, type TokenBatch, tokenBatch } from "@nuner/encoder"
import { tf } from "@nuner/engine"

/** What is kept at most; beyond it the sentences that were not asked for longest go. */
const mostBytes = 2 ** 28

/**
 * The output of an encoder's embeddings and bottom layers, computed once a sentence: for layers that stay frozen, without dropout. Each sentence
 * is encoded by itself, so that its states do not depend on what it was asked for with.
 */
export class LowerLayers {
  /** Layers below the states. */
  readonly count: number
  readonly #model: Model
  readonly #kept = new Map<string, Float32Array>()
  #bytes = 0
  /** Sentences that were encoded, and those that were at hand. */
  readonly uses = { encoded: 0, found: 0 }

  constructor(model: Model, count: number) {
    this.#model = model
    this.count = count
  }

  /** `[rows, tokens, hidden]`; zeros at padding. */
  states({ ids, mask, rows, tokens }: TokenBatch): tf.Tensor3D {
    const { hidden } = this.#model.config
    const values = new Float32Array(rows * tokens * hidden)
    for (let row = 0; row < rows; row++) {
      const at = row * tokens
      const length = mask.subarray(at, at + tokens).reduce((sum, one) => sum + one, 0)
      values.set(this.#of(ids.subarray(at, at + length)), at * hidden)
    }
    return tf.tensor3d(values, [rows, tokens, hidden])
  }

  #of(ids: Int32Array): Float32Array {
    const key = ids.join()
    const held = this.#kept.get(key)
    if (held) {
      this.uses.found++
      this.#kept.delete(key)
      this.#kept.set(key, held)
      return held
    }
    this.uses.encoded++
    const values = tf.tidy(() => {
      const [state] = forward(this.#model, tokenBatch([ids], this.#model.config.padId), {
        layers: [this.count],
        frozenLayers: this.count
      })
      return Float32Array.from(state!.dataSync())
    })
    this.#kept.set(key, values)
    this.#bytes += values.byteLength
    for (const [old, { byteLength }] of this.#kept) {
      if (this.#bytes <= mostBytes || old === key) break
      this.#kept.delete(old)
      this.#bytes -= byteLength
    }
    return values
  }
}
