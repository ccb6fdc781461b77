import { type DataOptionsInput, OptionError, typesIn } from "@nuner/core"
import { useEngine } from "@nuner/engine"
import { type FitThresholdsOptions, fitThresholds, saveThresholds, ZeroShot } from "@nuner/zeroshot"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { zeroShotTypes } from "../inputs/readTypeNames.ts"
import { Progress } from "../services/Progress.ts"

export interface ZeroThresholdsStageOptions extends FitThresholdsOptions {
  /** The directory of a zero-shot model. */
  readonly model: string
  /** Labelled sentences to choose on; none that the model is tested on. */
  readonly input: string
  /** Only these types. Default: all that occur. */
  readonly types?: ReadonlyArray<string>
  /** What the model reads for types: a known dataset's name, or a JSON file of label to name. */
  readonly typeNames?: string
  /** How the file is read. */
  readonly data?: DataOptionsInput
}

/** Chooses a zero-shot model's thresholds on labelled sentences and keeps them in its directory. */
export const zeroThresholdsStage = Effect.fn("zeroThresholdsStage")(function* (options: ZeroThresholdsStageOptions) {
  const { data, input, model, typeNames, types, ...settings } = options
  const { say } = yield* Progress
  return yield* attempt("zero thresholds", async (signal) => {
    if (!ZeroShot.isIn(model)) {
      const reason = `${model} is no directory of a zero-shot model`
      throw new OptionError({ component: "zero thresholds", option: "model", reason, remedy: "name one of your own" })
    }
    await useEngine()
    const sentences = await intake({ data, say }).dataset(input)
    const asked = new Set(types ?? typesIn(sentences))
    const gold = sentences.map((one) => ({ ...one, entities: one.entities.filter(({ type }) => asked.has(type)) }))
    const zeroShot = await ZeroShot.fromPretrained(model)
    try {
      const read = await zeroShotTypes(asked, typeNames)
      const { entityF1, ...thresholds } = await fitThresholds(zeroShot, gold, read, { ...settings, signal })
      await saveThresholds(model, thresholds)
      return { ...thresholds, entityF1 }
    } finally {
      zeroShot.dispose()
    }
  })
})
