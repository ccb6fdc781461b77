import { NewGlinerOptions, ZeroTrainOptions } from "@nuner/zeroshot"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { zeroTrainStage } from "../stages/zeroTrain.ts"
import { command, component } from "./command.ts"
import { encoder, labelledData, out, seed, several } from "./components.ts"
import { show } from "./output.ts"

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

export const zeroCommand = Command.make("zero").pipe(
  Command.withDescription("Zero-shot NER: types are named when a text is read"),
  Command.withSubcommands([trainCommand])
)
