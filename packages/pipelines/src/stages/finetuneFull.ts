import { type FineTuneInput, FineTuneOptions, fineTune } from "@nuner/classifier"
import { decodeOptions } from "@nuner/core"
import type { ProgressUpdate } from "../services/Progress.ts"
import type { Fitted } from "./Fitted.ts"

export type FullInput = FineTuneInput & {
  readonly signal: AbortSignal
  readonly update: (update: ProgressUpdate) => void
}

/** Encoder and head trained together. A run that is cut short goes on from its last checkpoint. */
export const finetuneFull = async ({ update, ...input }: FullInput): Promise<Fitted> => {
  let scores = ""
  let steps = 0
  for await (const event of fineTune(input)) {
    if (event.type === "step") {
      steps = event.step
      const note = `epoch ${event.epoch}, loss ${event.loss.toFixed(4)}${scores}`
      update({ stage: "fit", done: event.step, total: event.steps, note })
    } else if (event.type === "resume") {
      steps = event.step
    } else if (event.type === "evaluation") {
      scores = `  dev entity F1 ${(100 * event.dev.entityF1).toFixed(1)}, token F1 ${(100 * event.dev.tokenF1).toFixed(1)}`
    } else if (event.type === "done") {
      const { calibration, classifier, epoch } = event
      const { encoder, dev, train, signal, checkpoints, ...given } = input
      const calibrated =
        calibration === undefined
          ? ""
          : `, temperature ${calibration.temperature.toFixed(2)} (calibration error ${calibration.before.toFixed(3)} to ${calibration.after.toFixed(3)})`
      const taken = dev === undefined ? `${epoch} epochs` : `epoch ${epoch} was best on ${dev.length} dev sentences`
      return {
        classifier,
        note: `${steps} updates, ${taken}${calibrated}`,
        settings: decodeOptions("fineTune", FineTuneOptions, given)
      }
    }
  }
  // Without `done` the run was aborted.
  input.signal.throwIfAborted()
  throw new Error("fine-tuning ended without a classifier")
}
