import { structured } from "@nuner/annotator"
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { annotateStage } from "../stages/annotate.ts"
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
    maxRetries: optional.int("max-retries", "tries after the first; default 6"),
    batch: toggle("batch", "through the provider's batch API: cheaper, within a day"),
    retryFailed: toggle("retry-failed", "ask again what failed or was refused")
  },
  Effect.fn(function* ({ batch, input, model, out, prompt, provider, retryFailed, ...flags }) {
    const result = yield* annotateStage({
      ...given(flags),
      ...{ input, model, out, provider, batch, retryFailed },
      ...(prompt === "structured" ? { prompt: structured } : {})
    })
    process.exitCode = result.exitCode
  })
).pipe(Command.withDescription("Ask an LLM for the entities of every sentence, in its own concepts"))
