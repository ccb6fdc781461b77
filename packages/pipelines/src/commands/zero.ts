import { option } from "@nuner/core"
import { CalibrateOptions, FitThresholdsOptions, NewGlinerOptions, ZeroTrainOptions } from "@nuner/zeroshot"
import { Effect, Schema } from "effect"
import { Command } from "effect/cli"
import { type ZeroCalibrateStageOptions, zeroCalibrateStage } from "../stages/zeroCalibrate.ts"
import { zeroThresholdsStage } from "../stages/zeroThresholds.ts"
import { zeroTrainStage } from "../stages/zeroTrain.ts"
import { command, component } from "./command.ts"
import { encoder, labelledData, one, out, seed, several, types, zeroTypeNames } from "./components.ts"
import { show } from "./output.ts"
import { predictCommandOf } from "./predict.ts"

const trainCommand = command("zero train", {
  does: "Train a zero-shot model from sentences with types",
  arguments: { inputs: several("input", "aligned sentences, or labelled data, one file or several") },
  options: { base: encoder, out: out("the directory of the model; GLiNER's Python loads it too"), seed },
  components: {
    head: component(NewGlinerOptions, { except: ["seed"] }),
    training: component(ZeroTrainOptions, { except: ["seed"], names: { sampleSize: "sentences" } }),
    data: labelledData
  },
  reads: ({ inputs }) => inputs,
  run: Effect.fnUntraced(function* ({ training, ...options }) {
    yield* zeroTrainStage({ ...options, ...training })
    yield* show(options.out)
  })
})

const calibrateCommand = command("zero calibrate", {
  does: "Make the two encoders of a pre-training a zero-shot model: scores become probabilities",
  arguments: {
    model: one("model", "a directory of nuner pretrain, which gets a bi-encoder.json"),
    inputs: several("input", "aligned sentences that it was not trained on")
  },
  options: {
    concepts: option(Schema.NonEmptyString, {
      default: "concepts",
      help: "its concept encoder: a folder in the model's directory, or another model"
    })
  },
  components: { calibration: component(CalibrateOptions), data: labelledData },
  reads: ({ inputs }) => inputs,
  run: ({ calibration, ...options }) => calibrated({ ...options, ...calibration })
})

/** Calibrates two encoders and says what came of it. */
export const calibrated = Effect.fnUntraced(function* (options: ZeroCalibrateStageOptions) {
  const { joint: _, ...found } = yield* zeroCalibrateStage(options)
  const { a, b, report, threshold } = found
  const { calibrationError, concepts, entityF1, sentences } = report
  yield* show(
    [
      `p = sigmoid(${a.toFixed(3)} z + ${b.toFixed(3)}), from ${sentences} sentences and ${concepts.fit} mentions of concepts`,
      `at ${threshold}, on as many of other concepts (${concepts.measured}): entity F1 ${entityF1.toFixed(1)}, calibration error ${calibrationError.toFixed(3)}`
    ].join("\n"),
    found
  )
})

const thresholdsCommand = command("zero thresholds", {
  does: "Choose how sure a zero-shot model has to be, of all types and of each, on labelled sentences",
  arguments: {
    model: one("model", "the directory of a zero-shot model, which gets a thresholds.json"),
    input: one("input", "labelled sentences, none that the model is tested on")
  },
  options: { types, typeNames: zeroTypeNames },
  components: { fitting: component(FitThresholdsOptions), data: labelledData },
  reads: ({ input }) => [input],
  run: Effect.fnUntraced(function* ({ fitting, ...options }) {
    const chosen = yield* zeroThresholdsStage({ ...options, ...fitting })
    const { entityF1, threshold, types } = chosen
    yield* show(
      [
        `at ${threshold} for all types: entity F1 ${entityF1.one.toFixed(1)} on these sentences`,
        ...Object.entries(types).map(([type, own]) => `${type}: ${own}`),
        ...(entityF1.byType > entityF1.one ? [`together: ${entityF1.byType.toFixed(1)}`] : [])
      ].join("\n"),
      chosen
    )
  })
})

export const zeroCommand = Command.make("zero").pipe(
  Command.withDescription("Zero-shot NER: types are named when a text is read"),
  Command.withSubcommands([trainCommand, calibrateCommand, thresholdsCommand, predictCommandOf("zero predict")])
)
