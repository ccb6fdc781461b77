import { OptionError } from "@nuner/core"
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { evaluationReport } from "../report/evaluationReport.ts"
import { evaluateStage } from "../stages/evaluate.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import { given, optional, seed, types, without } from "./flags.ts"
import { show } from "./output.ts"

export const evaluateCommand = Command.make(
  "evaluate",
  {
    model: Argument.String("model").pipe(
      Argument.withDescription("a model directory of nuner fit or nuner tadner"),
      Argument.optional
    ),
    input: Argument.String("input").pipe(
      Argument.withDescription("labelled sentences to score on, of any format"),
      Argument.optional
    ),
    against: optional.text("against", "a second model, tested against the first on the same sentences"),
    train: optional.text("train", "what the model was trained on: scores by how often it has an entity's words"),
    types,
    out: Flag.String("out").pipe(
      Flag.withAlias("o"),
      Flag.withDescription("a JSON file for scores and predictions; beside it a page of the same, .html"),
      Flag.optional
    ),
    resamples: optional.int("resamples", "draws of sentences for the intervals; default 1000"),
    encoder: optional.text("encoder", "refused: few-shot probes of encoders are nuner probe"),
    ...dataFlags,
    seed
  },
  Effect.fn(function* ({ encoder, input, model, seed, ...flags }) {
    if (encoder._tag === "Some") {
      const reason = "evaluate scores a saved model; encoders are compared by few-shot probes"
      return yield* new OptionError({ component: "evaluate", option: "encoder", reason, remedy: "nuner probe" })
    }
    if (model._tag === "None" || input._tag === "None") {
      const reason = "wants a model directory and labelled sentences"
      return yield* new OptionError({
        component: "evaluate",
        option: "model",
        reason,
        remedy: "nuner evaluate MODEL FILE"
      })
    }
    const { scored, ...evaluation } = yield* evaluateStage({
      model: model.value,
      input: input.value,
      seed,
      ...given(without(flags, dataFlags)),
      ...dataOf(flags)
    })
    yield* show(evaluationReport(evaluation), evaluation)
  })
).pipe(Command.withDescription("Score a saved model on labelled sentences: by type, errors, calibration, intervals"))
