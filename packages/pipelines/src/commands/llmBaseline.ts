import { samplers } from "@nuner/miner"
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { attempt, completed } from "../errors.ts"
import { readTypeNames } from "../inputs/readTypeNames.ts"
import { forecastBaseline } from "../llm/forecastBaseline.ts"
import { llmBaselineStage } from "../stages/llmBaseline.ts"
import { readPrices } from "../stages/readPrices.ts"
import { dataFlags, dataOf } from "./dataFlags.ts"
import {
  asking,
  flow,
  given,
  ks,
  llm,
  optional,
  out,
  sampling,
  seed,
  sizesOf,
  toggle,
  types,
  without,
  words
} from "./flags.ts"
import { show } from "./output.ts"

const { prompt: _, seed: llmSeed, ...asked } = asking

export const llmBaselineCommand = Command.make(
  "llm-baseline",
  {
    method: Flag.Literals("method", ["in-context", "universal-ner"]).pipe(
      Flag.withDescription(
        "one prompt that names the types and shows the examples, or a question a type without examples"
      ),
      Flag.withDefault("in-context")
    ),
    train: Flag.String("train").pipe(Flag.withDescription("labelled sentences to mine examples from")),
    test: Flag.String("test").pipe(Flag.withDescription("labelled sentences to ask about and to score on")),
    out: out("a folder for runs.jsonl, predictions.jsonl, table.md and the ledger"),
    ...llm,
    ...asked,
    llmSeed,
    ...flow,
    ks: ks([0]),
    words,
    sets: optional.int("sets", "sets of examples of each size; default 3, for words 16 / 8 / 4 / 2 / 1"),
    sampler: optional.choice("sampler", samplers, sampling),
    types,
    testSize: optional.int("test-size", "ask about so many test sentences, drawn once; default: all"),
    exclude: Flag.String("exclude").pipe(
      Flag.withDescription(
        "text or labelled file whose sentences are taken out of the test set; may be given several times"
      ),
      Flag.atLeast(0)
    ),
    typeNames: optional.text(
      "type-names",
      "what types are called in the prompt: a JSON file, or a known dataset; default: as they are"
    ),
    definitions: optional.text("definitions", "JSON file {type: what it means} to show in the prompt"),
    ...dataFlags,
    emptyIsNothing: toggle("empty-is-nothing", "an empty answer means that there is no mention"),
    retryFailed: toggle("retry-failed", "ask again what failed or was refused"),
    dryRun: toggle("dry-run", "print requests, tokens and cost; send nothing"),
    seed
  },
  Effect.fn(function* ({
    dryRun,
    emptyIsNothing,
    exclude,
    method,
    model,
    out,
    provider,
    retryFailed,
    seed,
    test,
    train,
    ...flags
  }) {
    const { definitions, ks, llmSeed, prices, typeNames, words, ...rest } = given(without(flags, dataFlags))
    const read = (path: string) => attempt("llm", () => readTypeNames(path))
    const options = {
      ...rest,
      ...{ emptyIsNothing, exclude, method, model, out, provider, retryFailed, seed, test, train },
      ...(yield* sizesOf("llm-baseline", { ks, words }, [0])),
      ...(llmSeed === undefined ? {} : { llmSeed }),
      ...(typeNames === undefined ? {} : { names: yield* read(typeNames) }),
      ...dataOf(flags),
      ...(definitions === undefined ? {} : { definitions: yield* read(definitions) }),
      ...(yield* readPrices(prices))
    }
    if (dryRun) {
      const forecast = yield* attempt("llm", () => forecastBaseline(options))
      return yield* show(forecast, { forecast })
    }
    const { manifest, table } = yield* llmBaselineStage(options)
    yield* show(table)
    yield* completed(manifest)
  })
).pipe(Command.withDescription("NER by asking a language model: F1 with tokens and cost, on the sets of a benchmark"))
