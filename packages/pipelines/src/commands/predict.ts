import { markText, option } from "@nuner/core"
import { Effect, Schema } from "effect"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { sourcesOf } from "../inputs/sources.ts"
import { textsOf } from "../inputs/texts.ts"
import { Progress } from "../services/Progress.ts"
import { predictStage } from "../stages/predict.ts"
import { command } from "./command.ts"
import { one, several, textData } from "./components.ts"
import { Json } from "./output.ts"

export const predictCommand = command("predict", {
  does: "Mark the entities of texts",
  arguments: {
    model: one("model", "a model directory of nuner fit"),
    inputs: several("text", "texts, or files and folders to read sentences from")
  },
  options: {
    minScore: option(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })), {
      default: 0,
      help: "leave out entities below this probability"
    })
  },
  components: { data: textData },
  reads: ({ inputs }) => inputs,
  run: Effect.fnUntraced(function* ({ data, inputs, minScore, model }) {
    const { say } = yield* Progress
    yield* attempt("predict", () => inputs.forEach(sourcesOf))
    const json = yield* Json
    yield* predictStage({
      model,
      texts: textsOf(inputs, intake({ data, say })),
      minScore,
      onPrediction: (prediction) =>
        console.log(json ? JSON.stringify(prediction) : markText(prediction.text, prediction.entities))
    })
  })
})
