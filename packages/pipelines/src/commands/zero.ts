import { option } from "@nuner/core"
import { CalibrateOptions, NewGlinerOptions, ZeroTrainOptions } from "@nuner/zeroshot"
import { Effect, Schema } from "effect"
import { Command } from "effect/cli"
import { zeroCalibrateStage } from "../stages/zeroCalibrate.ts"
import { zeroTrainStage } from "../stages/zeroTrain.ts"
import { command, component } from "./command.ts"
import { encoder, labelledData, one, out, seed, several } from "./components.ts"
import { show } from "./output.ts"
import { predictCommandOf } from "./predict.ts"

const { seed: _, ...training } = ZeroTrainOptions.fields
const { seed: __, ...shape } = NewGlinerOptions.fields

const trainCommand = command("zero train", {
  does: "Train a zero-shot model from sentences with types",
  arguments: { inputs: several("input", "aligned sentences, or labelled data, one file or several") },
  options: { base: encoder, out: out("the directory of the model; GLiNER's Python loads it too"), seed },
  components: {
    head: component(NewGlinerOptions, { only: Object.keys(shape) as Array<keyof typeof shape> }),
    training: component(ZeroTrainOptions, {
      only: Object.keys(training) as Array<keyof typeof training>,
      names: { sampleSize: "sentences" }
    }),
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
  run: Effect.fnUntraced(function* ({ calibration, ...options }) {
    const { joint: _, ...calibrated } = yield* zeroCalibrateStage({ ...options, ...calibration })
    const { a, b, report, threshold } = calibrated
    const { calibrationError, concepts, entityF1, sentences } = report
    yield* show(
      [
        `p = sigmoid(${a.toFixed(3)} z + ${b.toFixed(3)}), from ${sentences} sentences and ${concepts.fit} mentions of concepts`,
        `at ${threshold}, on as many of other concepts (${concepts.measured}): entity F1 ${entityF1.toFixed(1)}, calibration error ${calibrationError.toFixed(3)}`
      ].join("\n"),
      calibrated
    )
  })
})

export const zeroCommand = Command.make("zero").pipe(
  Command.withDescription("Zero-shot NER: types are named when a text is read"),
  Command.withSubcommands([trainCommand, calibrateCommand, predictCommandOf("zero predict")])
)
