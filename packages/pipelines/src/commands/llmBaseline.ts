import { option, PositiveInt } from "@nuner/core"
import { Effect, Schema } from "effect"
import { attempt, completed } from "../errors.ts"
import { readTypeNames } from "../inputs/readTypeNames.ts"
import { forecastBaseline } from "../llm/forecastBaseline.ts"
import { llmBaselineStage } from "../stages/llmBaseline.ts"
import { command } from "./command.ts"
import {
  asked,
  askingLive,
  dryRun,
  file,
  labelledData,
  llm,
  needed,
  out,
  prices,
  sampling,
  seed,
  sizes,
  sizesOf,
  types
} from "./components.ts"
import { show } from "./output.ts"

const size = sizes([0])

export const llmBaselineCommand = command("llm-baseline", {
  does: "NER by asking a language model: F1 with tokens and cost, on the sets of a benchmark",
  arguments: {},
  options: {
    method: option(Schema.Literals(["in-context", "universal-ner"]), {
      default: "in-context",
      help: "one prompt that names the types and shows the examples, or a question a type without examples"
    }),
    train: needed("labelled sentences to mine examples from"),
    test: needed("labelled sentences to ask about and to score on"),
    out: out("a folder for runs.jsonl, predictions.jsonl, table.md and the ledger"),
    ...llm,
    prices,
    types,
    sets: option(Schema.optionalKey(PositiveInt), {
      help: "sets of examples of each size",
      absent: "3, for words 16 / 8 / 4 / 2 / 1"
    }),
    testSize: option(Schema.optionalKey(PositiveInt), {
      help: "ask about so many test sentences, drawn once",
      absent: "all"
    }),
    exclude: option(Schema.Array(Schema.NonEmptyString), {
      default: [],
      help: "text or labelled file whose sentences are taken out of the test set",
      repeated: true
    }),
    typeNames: file("what types are called in the prompt: a JSON file, or a known dataset", "as they are"),
    definitions: file("JSON file {type: what it means} to show in the prompt"),
    dryRun,
    seed
  },
  components: { size, mining: sampling, annotator: askingLive, data: labelledData },
  reads: ({ exclude, test, train }) => [train, test, ...exclude],
  run: Effect.fnUntraced(function* ({
    annotator,
    definitions,
    dryRun,
    mining,
    prices,
    size: given,
    typeNames,
    ...rest
  }) {
    const { seed: llmSeed, ...asking } = annotator
    const read = (path: string) => attempt("llm", () => readTypeNames(path))
    const options = {
      ...rest,
      ...asking,
      ...mining,
      ...(yield* sizesOf("llm-baseline", size, given)),
      ...(llmSeed !== undefined && { llmSeed }),
      ...(typeNames !== undefined && { names: yield* read(typeNames) }),
      ...(definitions !== undefined && { definitions: yield* read(definitions) }),
      ...(yield* asked({ prices }))
    }
    if (dryRun) {
      const forecast = yield* attempt("llm", () => forecastBaseline(options))
      return yield* show(forecast, { forecast })
    }
    const { manifest, table } = yield* llmBaselineStage(options)
    yield* show(table)
    yield* completed(manifest)
  })
})
