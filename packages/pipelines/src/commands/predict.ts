import { Fraction, markText, option } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { parseThresholds, parseTypes } from "../inputs/asked.ts"
import { intake } from "../inputs/intake.ts"
import { limitLines } from "../inputs/limits.ts"
import { sourcesOf } from "../inputs/sources.ts"
import { textsOf } from "../inputs/texts.ts"
import { Progress } from "../services/Progress.ts"
import { predictStage } from "../stages/predict.ts"
import { command } from "./command.ts"
import { askedThresholds, askedTypes, one, several, textData } from "./components.ts"
import { Json } from "./output.ts"

/** @param path what it is called: "predict" */
export const predictCommandOf = (path: string) =>
  command(path, {
    does: "Mark the entities of texts",
    arguments: {
      model: one("model", "a model directory of nuner fit; a zero-shot model, such as mini"),
      inputs: several("text", "texts, or files and folders to read sentences from")
    },
    options: {
      types: askedTypes,
      thresholds: askedThresholds,
      minScore: option(Fraction, {
        default: 0,
        help: "leave out entities below this probability; of a zero-shot model 0 is its own threshold"
      })
    },
    components: { data: textData },
    reads: ({ inputs }) => inputs,
    run: Effect.fnUntraced(function* ({ data, inputs, minScore, model, thresholds, types }) {
      const { say } = yield* Progress
      yield* attempt("predict", () => inputs.forEach(sourcesOf))
      const json = yield* Json
      const limits = yield* predictStage({
        model,
        asked: { types: parseTypes(types), thresholds: parseThresholds(thresholds) },
        texts: textsOf(inputs, intake({ data, say })),
        minScore,
        onPrediction: (prediction) =>
          console.log(json ? JSON.stringify(prediction) : markText(prediction.text, prediction.entities))
      })
      if (limits !== undefined && json) console.log(JSON.stringify({ format: "nuner-limits-1", ...limits }))
      else if (limits !== undefined) for (const line of limitLines(limits)) say(line)
    })
  })

export const predictCommand = predictCommandOf("predict")
