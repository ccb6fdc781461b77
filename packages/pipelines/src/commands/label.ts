import { formatForecast } from "@nuner/annotator"
import { option } from "@nuner/core"
import { Effect, Schema } from "effect"
import { attempt, completed } from "../errors.ts"
import { readTypeNames } from "../inputs/readTypeNames.ts"
import { labelForecast, labelStage } from "../stages/label.ts"
import { command } from "./command.ts"
import { annotating, asked, dryRun, file, labelledData, limit, llm, one, out, prices } from "./components.ts"
import { show } from "./output.ts"

export const labelCommand = command("label", {
  does: "Ask an LLM for the entities of every sentence, of your own types: data to learn from",
  arguments: { input: one("input", "raw text: a file of any format, or a folder") },
  options: {
    types: option(Schema.optionalKey(Schema.Array(Schema.NonEmptyString)), {
      help: "what to label",
      absent: "the types of `define`, or of `examples`"
    }),
    define: file("JSON file {type: what it means}, shown to the model"),
    examples: file("labelled sentences of any format, shown to the model"),
    out: out("labelled sentences, JSON Lines"),
    ...llm,
    prices,
    limit,
    dryRun
  },
  components: { annotator: annotating, data: labelledData },
  reads: ({ examples, input }) => [input, examples],
  run: Effect.fnUntraced(function* ({ annotator, define, dryRun, prices, ...given }) {
    const options = {
      ...given,
      ...annotator,
      ...(define !== undefined && { define: yield* attempt("label", () => readTypeNames(define)) }),
      ...(yield* asked({ prices }))
    }
    if (dryRun) {
      const forecast = yield* labelForecast(options)
      return yield* show(formatForecast(forecast), forecast)
    }
    yield* completed(yield* labelStage(options))
  })
})
