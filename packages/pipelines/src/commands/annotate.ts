import { formatForecast } from "@nuner/annotator"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { completed } from "../errors.ts"
import { annotateForecast, annotateStage } from "../stages/annotate.ts"
import { readPrices } from "../stages/readPrices.ts"
import { dataOf, textFlags } from "./dataFlags.ts"
import {
  answering,
  answeringFlags,
  asking,
  askingFlags,
  flow,
  given,
  input,
  llm,
  out,
  promptOf,
  without
} from "./flags.ts"
import { show } from "./output.ts"

/** Every flag of asking an LLM, beside those of training: names that mean something else there begin with "llm-". */
export const annotation = { ...llm, ...askingFlags("llm-"), ...flow, ...answeringFlags("llm-") }

type Annotation = Command.Command.Config.Infer<typeof annotation>

/** The options of `annotateStage` that these flags give. */
export const annotationOf = Effect.fnUntraced(function* ({
  batch,
  dryRun: _,
  emptyIsNothing,
  model,
  provider,
  retryFailed,
  ...flags
}: Annotation) {
  const { prices, prompt, ...rest } = given(flags)
  return {
    ...rest,
    ...{ model, provider, batch, retryFailed, emptyIsNothing },
    ...promptOf(prompt),
    ...(yield* readPrices(prices))
  }
})

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
  Effect.fn(function* ({ input, out, ...flags }) {
    const options = { input, out, ...(yield* annotationOf(without(flags, textFlags))), ...dataOf(flags) }
    if (flags.dryRun) {
      const forecast = yield* annotateForecast(options)
      return yield* show(formatForecast(forecast), forecast)
    }
    yield* completed(yield* annotateStage(options))
  })
).pipe(Command.withDescription("Ask an LLM for the entities of every sentence, in its own concepts"))
