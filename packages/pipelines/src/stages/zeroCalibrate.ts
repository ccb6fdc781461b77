import type { DataOptionsInput } from "@nuner/core"
import { useEngine } from "@nuner/engine"
import { type CalibrateOptions, calibrate, loadPair, saveCalibration } from "@nuner/zeroshot"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { readAligned } from "../inputs/readAligned.ts"
import { Progress } from "../services/Progress.ts"

export interface ZeroCalibrateStageOptions extends CalibrateOptions {
  /** A directory of `nuner pretrain`. */
  readonly model: string
  /** Its concept encoder: a folder in the directory, or another model. */
  readonly concepts: string
  /** Aligned sentences that neither encoder was trained on. */
  readonly inputs: ReadonlyArray<string>
  /** How they are read. */
  readonly data?: DataOptionsInput
}

/** Makes the two encoders of a pre-training a zero-shot model; what was measured. */
export const zeroCalibrateStage = Effect.fn("zeroCalibrateStage")(function* (options: ZeroCalibrateStageOptions) {
  const { concepts, data, inputs, model, ...settings } = options
  const { say } = yield* Progress
  return yield* attempt("zero calibrate", async (signal) => {
    await useEngine()
    const pair = await loadPair(model, concepts)
    try {
      const sentences = await Array.fromAsync(readAligned(inputs, intake({ data, say })))
      const calibrated = await calibrate(pair, sentences, { ...settings, signal })
      await saveCalibration(model, calibrated, concepts)
      return calibrated
    } finally {
      for (const encoder of [pair.text, pair.concept]) encoder.dispose()
    }
  })
})
