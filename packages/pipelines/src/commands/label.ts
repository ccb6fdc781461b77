import { formatForecast } from "@nuner/annotator"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { attempt, completed } from "../errors.ts"
import { readTypeNames } from "../inputs/readTypeNames.ts"
import { labelForecast, labelStage } from "../stages/label.ts"
import { readPrices } from "../stages/readPrices.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import { answering, asking, flow, given, input, llm, optional, out, without } from "./flags.ts"
import { show } from "./output.ts"

const { prompt: _, ...asked } = asking

export const labelCommand = Command.make(
  "label",
  {
    input: input("raw text: a file of any format, or a folder"),
    types: optional.list(
      "types",
      "what to label, separated by commas; default: the types of --define, or of --examples"
    ),
    define: optional.text("define", "JSON file {type: what it means}, shown to the model"),
    examples: optional.text("examples", "labelled sentences of any format, shown to the model"),
    out: out("labelled sentences, JSON Lines"),
    ...llm,
    ...asked,
    ...flow,
    ...answering,
    ...dataFlags
  },
  Effect.fn(function* ({ batch, dryRun, emptyIsNothing, input, model, out, provider, retryFailed, ...flags }) {
    const { define, prices, ...rest } = given(without(flags, dataFlags))
    const options = {
      ...rest,
      ...{ input, model, out, provider, batch, retryFailed, emptyIsNothing },
      ...(define === undefined ? {} : { define: yield* attempt("label", () => readTypeNames(define)) }),
      ...dataOf(flags),
      ...(yield* readPrices(prices))
    }
    if (dryRun) {
      const forecast = yield* labelForecast(options)
      return yield* show(formatForecast(forecast), forecast)
    }
    yield* completed(yield* labelStage(options))
  })
).pipe(Command.withDescription("Ask an LLM for the entities of every sentence, of your own types: data to learn from"))
