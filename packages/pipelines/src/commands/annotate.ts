import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { annotateForecast, annotateStage } from "../stages/annotate.ts"
import { readPrices } from "../stages/readPrices.ts"
import { asking, flow, given, input, llm, optional, out, promptOf, toggle } from "./flags.ts"

export const annotateCommand = Command.make(
  "annotate",
  {
    input: input("a text file, a folder of .txt files, or JSON Lines of sentences or C4 records"),
    out: out("annotated sentences, JSON Lines"),
    ...llm,
    ...asking,
    ...flow,
    limit: optional.int("limit", "annotate only the first sentences"),
    batch: toggle("batch", "through the provider's batch API: cheaper, within a day"),
    batchSize: optional.int("batch-size", "requests in a batch; default: what the provider allows"),
    pollSeconds: optional.number("poll-seconds", "longest time between two looks at a batch; default 60"),
    retryFailed: toggle("retry-failed", "ask again what failed or was refused"),
    emptyIsNothing: toggle("empty-is-nothing", "an empty answer means that there is nothing to label"),
    dryRun: toggle("dry-run", "print requests, tokens and cost; send nothing")
  },
  Effect.fn(function* ({ batch, dryRun, emptyIsNothing, input, model, out, provider, retryFailed, ...flags }) {
    const { prices, prompt, ...rest } = given(flags)
    const options = {
      ...rest,
      ...{ input, model, out, provider, batch, retryFailed, emptyIsNothing },
      ...promptOf(prompt),
      ...(yield* readPrices(prices))
    }
    if (dryRun) return yield* Console.log(yield* annotateForecast(options))
    const { exitCode } = yield* annotateStage(options)
    process.exitCode = exitCode
  })
).pipe(Command.withDescription("Ask an LLM for the entities of every sentence, in its own concepts"))
