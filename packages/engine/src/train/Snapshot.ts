import type { Parameters } from "../nn/Parameters.ts"
import { tf } from "../tf.ts"

/** The weights of the trainable parameters as they are now, to go back to exactly. */
export class Snapshot {
  readonly #parameters: Parameters
  readonly #values: ReadonlyMap<string, Float32Array>

  private constructor(parameters: Parameters, values: ReadonlyMap<string, Float32Array>) {
    this.#parameters = parameters
    this.#values = values
  }

  static async of(parameters: Parameters): Promise<Snapshot> {
    const values = new Map<string, Float32Array>()
    for (const [name, parameter] of Object.entries(parameters)) {
      if (parameter.trainable) values.set(name, Float32Array.from(await parameter.data()))
    }
    return new Snapshot(parameters, values)
  }

  /**
   * Backends copy what they are given before they write to it; a copy here would be garbage of the model's size after each restore, which the
   * collector is slow to see.
   */
  restore(): void {
    for (const [name, values] of this.#values) {
      const parameter = this.#parameters[name]!
      tf.tidy(() => parameter.assign(tf.tensor(values, parameter.shape)))
    }
  }
}
