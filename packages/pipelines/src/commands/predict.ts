import { markText } from "@nuner/core"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { sourcesOf } from "../inputs/sources.ts"
import { textsOf } from "../inputs/texts.ts"
import { Progress } from "../services/Progress.ts"
import { predictStage } from "../stages/predict.ts"
import { dataOf, textFlags } from "./dataFlags.ts"
import { toggle } from "./flags.ts"

export const predictCommand = Command.make(
  "predict",
  {
    model: Argument.String("model").pipe(Argument.withDescription("a model directory of nuner finetune")),
    inputs: Argument.String("text").pipe(
      Argument.withDescription("texts, or files and folders to read sentences from"),
      Argument.atLeast(1)
    ),
    json: toggle("json", "one JSON object a text, with offsets (UTF-16) and scores"),
    ...textFlags,
    minScore: Flag.Finite("min-score").pipe(
      Flag.withDescription("leave out entities below this probability"),
      Flag.withDefault(0)
    )
  },
  Effect.fn(function* ({ inputs, json, minScore, model, ...flags }) {
    const { say } = yield* Progress
    yield* attempt("predict", () => inputs.forEach(sourcesOf))
    const lines: Array<string> = []
    yield* predictStage({
      model,
      texts: textsOf(inputs, intake({ ...dataOf(flags), say })),
      minScore,
      onPrediction: (prediction) =>
        lines.push(json ? JSON.stringify(prediction) : markText(prediction.text, prediction.entities))
    })
    yield* Effect.forEach(lines, (line) => Console.log(line), { discard: true })
  })
).pipe(Command.withDescription("Mark the entities of texts"))
