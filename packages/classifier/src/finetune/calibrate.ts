import { calibrationError } from "../calibration/calibrationError.ts"
import { fitTemperature } from "../calibration/fitTemperature.ts"
import { softmaxRows } from "../head/headLogits.ts"
import type { DoneEvent } from "./FineTuneEvent.ts"

/** The temperature of logits `[words, classes]` on labelled words, and what it does to the calibration error there. */
export const calibrate = (
  logits: Float32Array,
  labels: Int32Array,
  classes: number
): NonNullable<DoneEvent["calibration"]> => {
  const temperature = fitTemperature(logits, labels, classes)
  const errorAt = (t: number) => calibrationError(softmaxRows(logits.slice(), classes, t), labels, classes)
  return { temperature, before: errorAt(1), after: errorAt(temperature) }
}
