import { markText } from "@nuner/core"
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { attempt } from "../errors.ts"
import { intake } from "../inputs/intake.ts"
import { sourcesOf } from "../inputs/sources.ts"
import { textsOf } from "../inputs/texts.ts"
import { Progress } from "../services/Progress.ts"
import { predictStage } from "../stages/predict.ts"
import { dataOf, textFlags } from "./dataFlags.ts"
import { Json } from "./output.ts"

export const predictCommand = Command.make(
  "predict",
  {
    model: Argument.String("model").pipe(Argument.withDescription("a model directory of nuner fit")),
    inputs: Argument.String("text").pipe(
      Argument.withDescription("texts, or files and folders to read sentences from"),
      Argument.atLeast(1)
    ),
    ...textFlags,
    minScore: Flag.Finite("min-score").pipe(
      Flag.withDescription("leave out entities below this probability"),
      Flag.withDefault(0)
    )
  },
  Effect.fn(function* ({ inputs, minScore, model, ...flags }) {
    const { say } = yield* Progress
    yield* attempt("predict", () => inputs.forEach(sourcesOf))
    const json = yield* Json
    yield* predictStage({
      model,
      texts: textsOf(inputs, intake({ ...dataOf(flags), say })),
      minScore,
      onPrediction: (prediction) =>
        console.log(json ? JSON.stringify(prediction) : markText(prediction.text, prediction.entities))
    })
  })
).pipe(Command.withDescription("Mark the entities of texts"))
