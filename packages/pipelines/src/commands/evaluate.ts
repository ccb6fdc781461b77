import { OptionError } from "@nuner/core"
import { BootstrapOptions } from "@nuner/metrics"
import { Effect, Option } from "effect"
import { Argument } from "effect/cli"
import { parseThresholds } from "../inputs/asked.ts"
import { evaluationReport } from "../report/evaluationReport.ts"
import { evaluateStage } from "../stages/evaluate.ts"
import { command } from "./command.ts"
import { askedThresholds, file, labelledData, one, outOrNone, seed, types, zeroTypeNames } from "./components.ts"
import { show } from "./output.ts"

export const evaluateCommand = command("evaluate", {
  does: "Score a saved model on labelled sentences: by type, errors, calibration, intervals",
  arguments: {
    model: one("model", "a model directory of nuner fit or nuner tadner; a zero-shot model, such as mini").pipe(
      Argument.optional
    ),
    input: one("input", "labelled sentences to score on, of any format").pipe(Argument.optional)
  },
  options: {
    against: file("a second model, tested against the first on the same sentences"),
    train: file("what the model was trained on: scores by how often it has an entity's words"),
    types,
    typeNames: zeroTypeNames,
    thresholds: askedThresholds,
    out: outOrNone("a JSON file for scores and predictions; beside it a page of the same, .html"),
    resamples: BootstrapOptions.fields.resamples,
    encoder: file("refused: few-shot probes of encoders are nuner probe"),
    seed
  },
  components: { data: labelledData },
  reads: ({ input, train }) => [Option.getOrUndefined(input), train],
  run: Effect.fnUntraced(function* ({ encoder, input, model, thresholds, ...options }) {
    const refuse = (option: string, reason: string, remedy: string) =>
      new OptionError({ component: "evaluate", option, reason, remedy })
    if (encoder !== undefined) {
      return yield* refuse(
        "encoder",
        "evaluate scores a saved model; encoders are compared by few-shot probes",
        "nuner probe"
      )
    }
    if (Option.isNone(model) || Option.isNone(input)) {
      return yield* refuse("model", "wants a model directory and labelled sentences", "nuner evaluate MODEL FILE")
    }
    const asked = parseThresholds(thresholds)
    const { scored, ...evaluation } = yield* evaluateStage({
      ...{ model: model.value, input: input.value, ...options },
      ...(asked && { thresholds: asked })
    })
    yield* show(evaluationReport(evaluation), evaluation)
  })
})
