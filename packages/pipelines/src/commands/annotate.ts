import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { completed } from "../errors.ts"
import { annotateForecast, annotateStage } from "../stages/annotate.ts"
import { readPrices } from "../stages/readPrices.ts"
import { dataOf, textFlags } from "./dataFlags.ts"
import { answering, asking, flow, given, input, llm, out, promptOf, without } from "./flags.ts"

export const annotateCommand = Command.make(
  "annotate",
  {
    input: input("raw text: a file of any format, or a folder"),
    out: out("annotated sentences, JSON Lines"),
    ...llm,
    ...asking,
    ...flow,
    ...textFlags,
    ...answering
  },
  Effect.fn(function* ({ batch, dryRun, emptyIsNothing, input, model, out, provider, retryFailed, ...flags }) {
    const { prices, prompt, ...rest } = given(without(flags, textFlags))
    const options = {
      ...rest,
      ...{ input, model, out, provider, batch, retryFailed, emptyIsNothing },
      ...promptOf(prompt),
      ...dataOf(flags),
      ...(yield* readPrices(prices))
    }
    if (dryRun) return yield* Console.log(yield* annotateForecast(options))
    yield* completed(yield* annotateStage(options))
  })
).pipe(Command.withDescription("Ask an LLM for the entities of every sentence, in its own concepts"))
