import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { completed } from "../errors.ts"
import { annotateForecast, annotateStage } from "../stages/annotate.ts"
import { readPrices } from "../stages/readPrices.ts"
import { dataOf, textFlags } from "./dataFlags.ts"
import { asking, flow, given, input, llm, optional, out, promptOf, toggle, without } from "./flags.ts"

export const annotateCommand = Command.make(
  "annotate",
  {
    input: input("raw text: a file of any format, or a folder"),
    out: out("annotated sentences, JSON Lines"),
    ...llm,
    ...asking,
    ...flow,
    ...textFlags,
    limit: optional.int("limit", "annotate only the first sentences"),
    batch: toggle("batch", "through the provider's batch API: cheaper, within a day"),
    batchSize: optional.int("batch-size", "requests in a batch; default: what the provider allows"),
    pollSeconds: optional.number("poll-seconds", "longest time between two looks at a batch; default 60"),
    retryFailed: toggle("retry-failed", "ask again what failed or was refused"),
    emptyIsNothing: toggle("empty-is-nothing", "an empty answer means that there is nothing to label"),
    dryRun: toggle("dry-run", "print requests, tokens and cost; send nothing")
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
