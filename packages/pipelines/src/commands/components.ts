import { AnnotateOptions, ProviderOptions, structured } from "@nuner/annotator"
import { DataOptions, decodeOptions, OptionError, option, PositiveInt } from "@nuner/core"
import { MineSetsOptions } from "@nuner/miner"
import { Effect, Schema } from "effect"
import { Argument } from "effect/cli"
import { readPrices } from "../stages/readPrices.ts"
import { component, type Given } from "./command.ts"

/** Options that several commands share. Those of a component stand in its package; here is what only commands have. */

const path = Schema.NonEmptyString

/** `<name>`, one of it. */
export const one = (name: string, help: string) => Argument.String(name).pipe(Argument.withDescription(help))
/** `<name...>`, at least one. */
export const several = (name: string, help: string) => one(name, help).pipe(Argument.atLeast(1))

export const out = (help: string) => option(path, { help })
export const outOrNone = (help: string) => option(Schema.optionalKey(path), { help, absent: "nothing is written" })
export const file = (help: string, absent = "none") => option(Schema.optionalKey(path), { help, absent })
export const needed = (help: string) => option(path, { help })
export const toggle = (help: string) => option(Schema.Boolean, { default: false, help })
export const seed = option(Schema.Int, { default: 0, help: "of every random choice" })
export const dtype = option(Schema.Literals(["F32", "F16"]), { default: "F32", help: "of the weights in the file" })
export const types = option(Schema.optionalKey(Schema.Array(Schema.NonEmptyString)), {
  help: "these types only; training sets of sentences that have no other",
  absent: "all"
})

/** What a zero-shot model is asked for. */
export const askedTypes = option(Schema.optionalKey(Schema.Array(Schema.NonEmptyString)), {
  help: "entity types in words, person,company, for a zero-shot model such as mini; `name=text` has it read a description, a name again adds a phrasing",
  absent: "the model knows its types",
  repeated: true
})

/** The encoder that a command works with, or starts from: the one in the box where none is named. */
export const encoder = option(Schema.NonEmptyString, {
  default: "mini",
  help: "a model directory, a name on the Hugging Face hub, or mini, the encoder in the box"
})

/** What a zero-shot model reads for the types of labelled data. */
export const zeroTypeNames = file(
  "what a zero-shot model reads for types: mit-movie, wnut17, ... or a JSON file of label to name",
  "made of the labels"
)

/** How sure a zero-shot model has to be of some types. */
export const askedThresholds = option(Schema.optionalKey(Schema.Array(Schema.NonEmptyString)), {
  help: "least probabilities of single types, person=0.4,city=0.3, of a zero-shot model",
  absent: "the model's own",
  repeated: true
})

/** How labelled data is read. */
export const labelledData = component(DataOptions)
/** How raw text is read: what matters without entities. */
export const textData = component(DataOptions, {
  only: ["format", "malformed", "textColumn", "wordColumn", "tagColumn", "paragraphs"]
})

/** Sizes of training sets: sets of k, or with `words` sets of so many words. */
export const sizes = <const K extends ReadonlyArray<number>>(ks: K) =>
  component({
    fields: {
      k: option(Schema.Array(Schema.Natural), { default: ks, help: "entities of each type in a training set" }),
      words: option(Schema.optionalKey(Schema.Array(PositiveInt)), {
        help: "instead of `k`: exactly so many words of each type in a training set",
        absent: "sets of k"
      })
    }
  })

/** What the sizes of training sets count, and the sizes: `--k` or `--words`, never both. */
export const sizesOf = (name: string, of: ReturnType<typeof sizes>, given: Given<(typeof of)["fields"]>) => {
  const { k, words } = decodeOptions(name, Schema.Struct(of.fields), given)
  if (given.k !== undefined && words !== undefined) {
    const [reason, remedy] = ["stands beside --words", "give one of them"]
    return Effect.fail(new OptionError({ component: name, option: "k", reason, remedy }))
  }
  return Effect.succeed(
    words === undefined ? { unit: "k" as const, sizes: k } : { unit: "words" as const, sizes: words }
  )
}

/** How sets of k are drawn, and how many. */
export const mining = component(MineSetsOptions, { only: ["sets", "sampler"] })

/** How sets of k are drawn. */
export const sampling = component(MineSetsOptions, { only: ["sampler"] })

/** Who is asked, and where the answers are kept. */
export const llm = {
  ...ProviderOptions.fields,
  model: AnnotateOptions.fields.model,
  ledger: file("SQLite file or postgres:// address of the answers", "a file beside the output")
}

/** How an LLM is asked in its own concepts. */
export const prompt = option(Schema.optionalKey(Schema.Literals(["figure-2", "structured"])), {
  help: "the paper's prompt, or ours with a JSON schema",
  absent: "figure-2"
})

export const prices = file(
  "JSON file with prices of models",
  "NUNER_PRICES, or the dated table that comes with the package"
)
export const limit = option(Schema.optionalKey(Schema.Natural), {
  help: "ask about the first sentences only",
  absent: "all"
})
export const dryRun = toggle("print requests, tokens and cost; send nothing")

/** What decides an answer, and so its address in the ledger: the same for everyone who works on a job. */
const deciding = ["job", "maxTokens", "temperature", "topP", "effort"] as const
/** How fast, and how dear. */
const flow = [
  "concurrency",
  "requestsPerMinute",
  "tokensPerMinute",
  "maxRetries",
  "longWaitSeconds",
  "onLongWait",
  "timeoutSeconds",
  "leaseSeconds",
  "maxCost"
] as const
const again = ["retryFailed", "emptyIsNothing"] as const
const batches = ["batch", "batchSize", "pollSeconds"] as const

const names = { seed: "llmSeed" }
/** Of a worker of a job. */
export const asking = component(AnnotateOptions, { only: [...deciding, "seed", ...flow], names })
/** Of a run of its own that waits for each answer. */
export const askingLive = component(AnnotateOptions, { only: [...deciding, "seed", ...flow, ...again], names })
/** Of a run of its own, also by batches. */
export const annotating = component(AnnotateOptions, {
  only: [...deciding, "seed", ...flow, ...again, ...batches],
  names
})
/** The same beside options of training: names that mean something else there begin with "llm". */
export const annotatingBeside = component(AnnotateOptions, {
  only: [...deciding, "seed", ...flow, ...again, ...batches],
  names: { ...names, maxTokens: "llmMaxTokens", temperature: "llmTemperature", batchSize: "llmBatchSize" }
})

/** The prompt of a name, and the prices of a file, as the annotator takes them. */
export const asked = Effect.fnUntraced(function* (given: {
  readonly prompt?: "figure-2" | "structured" | undefined
  readonly prices?: string | undefined
}) {
  return { ...(given.prompt === "structured" && { prompt: structured }), ...(yield* readPrices(given.prices)) }
})
