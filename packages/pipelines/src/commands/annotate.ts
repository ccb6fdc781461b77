import { readPriceTable, structured } from "@nuner/annotator"
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { attempt } from "../errors.ts"
import { annotateForecast, annotateStage } from "../stages/annotate.ts"
import { given, input, llm, optional, out, toggle } from "./flags.ts"

export const annotateCommand = Command.make(
  "annotate",
  {
    input: input("a text file, a folder of .txt files, or JSON Lines of sentences or C4 records"),
    out: out("annotated sentences, JSON Lines"),
    ...llm,
    prompt: Flag.Literals("prompt", ["figure-2", "structured"]).pipe(
      Flag.withDescription("the paper's prompt, or ours with a JSON schema"),
      Flag.withDefault("figure-2")
    ),
    concurrency: optional.int("concurrency", "requests in flight; default 16"),
    requestsPerMinute: optional.number("requests-per-minute", "default: unlimited"),
    tokensPerMinute: optional.number("tokens-per-minute", "default: unlimited"),
    maxTokens: optional.int("max-tokens", "of an answer; default 1024"),
    temperature: optional.number("temperature", "default: the provider's"),
    maxCost: optional.number("max-cost", "US dollars, a hard stop"),
    prices: optional.text(
      "prices",
      "JSON file with prices of models; default: the dated table that comes with the package"
    ),
    dryRun: toggle("dry-run", "print requests, tokens and cost; send nothing"),
    maxRetries: optional.int("max-retries", "tries after the first; default 6"),
    batch: toggle("batch", "through the provider's batch API: cheaper, within a day"),
    retryFailed: toggle("retry-failed", "ask again what failed or was refused")
  },
  Effect.fn(function* ({ batch, dryRun, input, model, out, prices, prompt, provider, retryFailed, ...flags }) {
    const options = {
      ...given(flags),
      ...{ input, model, out, provider, batch, retryFailed },
      ...(prompt === "structured" ? { prompt: structured } : {}),
      ...(Option.isSome(prices) ? { prices: yield* attempt("annotate", () => readPriceTable(prices.value)) } : {})
    }
    if (dryRun) return yield* Console.log(yield* annotateForecast(options))
    const { exitCode } = yield* annotateStage(options)
    process.exitCode = exitCode
  })
).pipe(Command.withDescription("Ask an LLM for the entities of every sentence, in its own concepts"))
