import { bestCheckpoint, loadCheckpoint, type Parameters, tf } from "@nuner/engine"

/** The weights of the best evaluation: those of the checkpoint directory where there is one, else a copy in memory. */
export class BestWeights {
  readonly #directory: string | undefined
  #kept: { readonly step: number; readonly values: ReadonlyMap<string, Float32Array> } | undefined

  constructor(directory: string | undefined) {
    this.#directory = directory
  }

  /** Call at each new best. The training loop itself writes a checkpoint of it. */
  async keep(step: number, parameters: Parameters): Promise<void> {
    if (this.#directory !== undefined) return
    const values = new Map<string, Float32Array>()
    for (const [name, parameter] of Object.entries(parameters)) {
      if (parameter.trainable) values.set(name, Float32Array.from(await parameter.data()))
    }
    this.#kept = { step, values }
  }

  /** Puts them back, if there are any; the step they are of. */
  async restore(parameters: Parameters): Promise<number | undefined> {
    if (this.#directory !== undefined) {
      const best = await bestCheckpoint(this.#directory)
      if (best) await loadCheckpoint(best, parameters)
      return best?.step
    }
    for (const [name, values] of this.#kept?.values ?? []) {
      tf.tidy(() => parameters[name]!.assign(tf.tensor(values, parameters[name]!.shape)))
    }
    return this.#kept?.step
  }
}
