import { bestCheckpoint, loadCheckpoint, type Parameters, Snapshot } from "@nuner/engine"

/** The weights of the best evaluation: those of the checkpoint directory where there is one, else a copy in memory. */
export class BestWeights {
  readonly #directory: string | undefined
  #kept: { readonly step: number; readonly weights: Snapshot } | undefined

  constructor(directory: string | undefined) {
    this.#directory = directory
  }

  /** Call at each new best. The training loop itself writes a checkpoint of it. */
  async keep(step: number, parameters: Parameters): Promise<void> {
    if (this.#directory !== undefined) return
    this.#kept = { step, weights: await Snapshot.of(parameters) }
  }

  /** Puts them back, if there are any; the step they are of. */
  async restore(parameters: Parameters): Promise<number | undefined> {
    if (this.#directory !== undefined) {
      const best = await bestCheckpoint(this.#directory)
      if (best) await loadCheckpoint(best, parameters)
      return best?.step
    }
    this.#kept?.weights.restore()
    return this.#kept?.step
  }
}
