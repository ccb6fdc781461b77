import { structured } from "@nuner/annotator"
import { OptionError } from "@nuner/core"
import { Effect, Option, Schema } from "effect"
import { Argument, Flag } from "effect/cli"

/** Flags that were given: an absent one leaves the default to the component that owns it. */
export const given = <A extends Readonly<Record<string, Option.Option<unknown>>>>(
  flags: A
): { readonly [K in keyof A]?: Option.Option.Value<A[K]> } =>
  Object.fromEntries(
    Object.entries(flags).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : []))
  ) as { readonly [K in keyof A]?: Option.Option.Value<A[K]> }

/** Of all flags of a command, those of a group. */
export const only = <A extends object, G extends object>(flags: A, group: G): Pick<A, Extract<keyof G, keyof A>> =>
  Object.fromEntries(Object.entries(flags).filter(([name]) => Object.hasOwn(group, name))) as Pick<
    A,
    Extract<keyof G, keyof A>
  >

/** Of all flags of a command, those that are of no such group. */
export const without = <A extends object, G extends object>(flags: A, group: G): Omit<A, keyof G> =>
  Object.fromEntries(Object.entries(flags).filter(([name]) => !Object.hasOwn(group, name))) as Omit<A, keyof G>

const list = (value: string): Array<string> =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")

const integers = Schema.String.check(
  Schema.isPattern(/^\s*-?\d+(\s*,\s*-?\d+)*\s*$/, { description: "whole numbers separated by commas" })
)

/** `--name 1,2,4`; a number that is named twice is one. */
export const integerList = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withDescription(description),
    Flag.withSchema(integers),
    Flag.map((value) => [...new Set(list(value).map(Number))])
  )

/** `--layers -1,-7` as `--layers=-1,-7`: the parser would take the list for a flag. */
export const joinNegativeLists = (args: ReadonlyArray<string>): Array<string> => {
  const out: Array<string> = []
  for (const arg of args) {
    if (/^-\d+(,-?\d+)*$/.test(arg) && out.at(-1)?.startsWith("--")) out.push(`${out.pop()}=${arg}`)
    else out.push(arg)
  }
  return out
}

/** A flag that is off unless it is given. */
export const toggle = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

/** An optional flag of a kind. */
export const optional = {
  int: (name: string, description: string) => Flag.Int(name).pipe(Flag.withDescription(description), Flag.optional),
  number: (name: string, description: string) =>
    Flag.Finite(name).pipe(Flag.withDescription(description), Flag.optional),
  text: (name: string, description: string) => Flag.String(name).pipe(Flag.withDescription(description), Flag.optional),
  list: (name: string, description: string) =>
    Flag.String(name).pipe(Flag.withDescription(description), Flag.map(list), Flag.optional),
  choice: <const A extends ReadonlyArray<string>>(name: string, choices: A, description: string) =>
    Flag.Literals(name, choices).pipe(Flag.withDescription(description), Flag.optional)
}

/** `--types person,place` */
export const types = optional.list(
  "types",
  "these types only, separated by commas; training sets of sentences that have no other; default: all"
)

export const input = (description: string) => Argument.String("input").pipe(Argument.withDescription(description))
export const out = (description: string) =>
  Flag.String("out").pipe(Flag.withAlias("o"), Flag.withDescription(description))
export const seed = Flag.Int("seed").pipe(Flag.withDescription("of every random choice"), Flag.withDefault(0))
export const ks = (fallback: ReadonlyArray<number>) =>
  integerList("k", `entities of each type in a training set; default ${fallback.join(",")}`).pipe(Flag.optional)
export const words = integerList("words", "instead of --k: exactly so many words of each type in a training set").pipe(
  Flag.optional
)
/** What the sizes of training sets count, and the sizes: `--k` or `--words`, never both. */
export const sizesOf = (
  component: string,
  { ks, words }: { readonly ks: ReadonlyArray<number> | undefined; readonly words: ReadonlyArray<number> | undefined },
  fallback: ReadonlyArray<number>
) =>
  ks !== undefined && words !== undefined
    ? Effect.fail(
        new OptionError({ component, option: "k", reason: "stands beside --words", remedy: "give one of them" })
      )
    : Effect.succeed(
        words === undefined ? { unit: "k" as const, sizes: ks ?? fallback } : { unit: "words" as const, sizes: words }
      )
/** Of `--sampler`. */
export const sampling =
  "of sets of k: sentences in random order (default), or types filled from the rarest on, which gives smaller sets"
export const sets = (fallback: number) =>
  Flag.Int("sets").pipe(Flag.withDescription("training sets for each k"), Flag.withDefault(fallback))

const weights = Schema.String.check(
  Schema.isPattern(/^(balanced|[^=,]+=\d+(\.\d+)?(,[^=,]+=\d+(\.\d+)?)*)$/, {
    description: '"balanced", or type=weight separated by commas'
  })
)

/** `--class-weights balanced`, `--class-weights person=2,O=0.5` */
export const classWeights = Flag.String("class-weights").pipe(
  Flag.withDescription('full: weight of a type in the loss, "O" for none: person=2,O=0.5, or balanced; default 1'),
  Flag.withSchema(weights),
  Flag.map((value) =>
    value === "balanced"
      ? ("balanced" as const)
      : Object.fromEntries(list(value).map((part) => [part.split("=")[0]!, Number(part.split("=")[1])]))
  ),
  Flag.optional
)

/** What the annotator's commands share. */
export const llm = {
  provider: Flag.Literals("provider", [
    "openai",
    "openai-responses",
    "openai-compatible",
    "anthropic",
    "recorded"
  ]).pipe(Flag.withDescription("who answers; keys come from OPENAI_API_KEY, ANTHROPIC_API_KEY or LLM_API_KEY")),
  model: Flag.String("model").pipe(Flag.withDescription("name of the model at the provider")),
  answers: optional.text("answers", "recorded: JSON Lines of {text, response}"),
  baseUrl: optional.text("base-url", "where the API is; needed by openai-compatible"),
  keyVariable: optional.text("key-variable", "environment variable that holds the key"),
  ledger: optional.text("ledger", "SQLite file or postgres:// address; default beside the output")
}

/** The prompt of a name; the annotator's own default for none. */
export const promptOf = (name: "figure-2" | "structured" | undefined) =>
  name === "structured" ? { prompt: structured } : {}

/**
 * What decides the answer, and so the address in the ledger: the same for everyone who works on a job.
 *
 * @param prefix of names that mean something else in training
 */
export const askingFlags = (prefix: string) => ({
  prompt: optional.choice(
    "prompt",
    ["figure-2", "structured"],
    "the paper's prompt (default), or ours with a JSON schema"
  ),
  maxTokens: optional.int(`${prefix}max-tokens`, "of an answer; default 1024"),
  temperature: optional.number(`${prefix}temperature`, "default: the provider's"),
  topP: optional.number("top-p", "default: the provider's"),
  seed: optional.int("llm-seed", "of the model, where the API has one"),
  effort: optional.choice("effort", ["low", "medium", "high"], "how long a reasoning model may think"),
  job: optional.text("job", "what is spent and shared together; default default")
})
export const asking = askingFlags("")

/** Which of the sentences are asked about, and how their answers are waited for. */
export const answeringFlags = (prefix: string) => ({
  limit: optional.int("limit", "ask about the first sentences only"),
  batch: toggle("batch", "through the provider's batch API: cheaper, within a day"),
  batchSize: optional.int(`${prefix}batch-size`, "requests in a batch; default: what the provider allows"),
  pollSeconds: optional.number("poll-seconds", "longest time between two looks at a batch; default 60"),
  retryFailed: toggle("retry-failed", "ask again what failed or was refused"),
  emptyIsNothing: toggle("empty-is-nothing", "an empty answer means that there is nothing to label"),
  dryRun: toggle("dry-run", "print requests, tokens and cost; send nothing")
})
export const answering = answeringFlags("")

/** How fast, and how dear. */
export const flow = {
  concurrency: optional.int("concurrency", "requests in flight; default 16"),
  requestsPerMinute: optional.number("requests-per-minute", "default: unlimited"),
  tokensPerMinute: optional.number("tokens-per-minute", "default: unlimited"),
  maxRetries: optional.int("max-retries", "tries after the first; default 6"),
  longWaitSeconds: optional.number(
    "long-wait-seconds",
    "a provider that asks for a longer wait is told of, with the time at which the run goes on; default 60"
  ),
  onLongWait: optional.choice("on-long-wait", ["wait", "stop"], "what to do about it; default wait"),
  timeoutSeconds: optional.number("timeout-seconds", "until a request without an answer counts as lost; default 120"),
  leaseSeconds: optional.number("lease-seconds", "on Postgres: until a silent worker counts as dead; default 15"),
  maxCost: optional.number("max-cost", "US dollars for the whole job, a hard stop"),
  prices: optional.text(
    "prices",
    "JSON file with prices of models; default: the dated table that comes with the package"
  )
}

/** What stays as it is where an encoder is trained. */
export const frozenLayers = Flag.String("frozen-layers").pipe(
  Flag.withDescription(
    'what is not trained: "embeddings", these and a number of bottom layers, or "half"; 0 for nothing'
  ),
  Flag.withSchema(Schema.Union([Schema.Literals(["half", "embeddings"]), Schema.NumberFromString])),
  Flag.optional
)

const divisor = Schema.Union([Schema.Literal("sqrt-hidden"), Schema.NumberFromString])

/** LoRA: adapters are trained in place of the encoder's weights, and merged into them where a model is written. */
export const lora = {
  loraRank: optional.int("lora-rank", "trains adapters of this rank, the encoder's weights stay; default: no adapters"),
  loraAlpha: optional.number("lora-alpha", "adapters are scaled by alpha / rank; default twice the rank"),
  loraTargets: optional.list(
    "lora-targets",
    "layers with an adapter, by their names' endings, * for anything; default query,value"
  ),
  loraDropout: optional.number("lora-dropout", "before an adapter; default 0")
}

/** The encoder that a command works with, or starts from: the one in the box where none is named. */
export const encoder = (name = "encoder") =>
  Flag.String(name).pipe(
    Flag.withDescription(
      'a model directory, a name on the Hugging Face hub, or "mini", the encoder in the box (default)'
    ),
    Flag.withDefault("mini")
  )

/** An optional flag that switches something on. */
const on = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.optional)

/** How the weights of an encoder move, whatever it is trained for. */
export const optimisation = {
  learningRate: optional.number("learning-rate", "AdamW's peak rate"),
  batchSize: optional.int("batch-size", "sentences or rows of a batch"),
  accumulate: optional.int("accumulate", "batches a step; default 1"),
  warmup: optional.number("warmup", "part of the steps in which the rate rises"),
  schedule: optional.choice(
    "schedule",
    ["linear", "cosine", "stable"],
    "how the rate falls afterwards: in a line, along a cosine, or over the last --decay of the steps"
  ),
  decay: optional.number("decay", "with schedule stable: part of the steps, the last ones, in which the rate falls"),
  weightDecay: optional.number("weight-decay", "of AdamW, not on biases and norms; default 0.01"),
  beta1: optional.number("beta1", "of AdamW; default 0.9"),
  beta2: optional.number("beta2", "of AdamW"),
  epsilon: optional.number("epsilon", "of AdamW; default 1e-6"),
  clip: optional.number("clip", "largest global gradient norm"),
  frozenLayers,
  ...lora,
  dropout: optional.number("dropout", "on embeddings, attention and feed-forward outputs"),
  checkpointLayers: on("checkpoint-layers", "keep each layer's input only: less memory, a third more time"),
  validation: optional.number("validation", "part of the sentences or rows to validate on"),
  validateEvery: optional.int("validate-every", "steps between validations"),
  patience: optional.int("patience", "validations without a smaller loss after which training ends; default: never"),
  weights: optional.choice("weights", ["last", "best"], "those of the end (default), or of the least validation loss")
}

/** How to pre-train on sentences, whatever the objective. */
export const training = {
  preset: optional.choice(
    "preset",
    ["paper", "small", "adapt"],
    "the paper's recipe (default), one for small bases and short runs, or one for real bases and few sentences"
  ),
  epochs: optional.int("epochs", "passes over the training sentences"),
  steps: optional.int("steps", "optimizer steps, instead of epochs"),
  ...optimisation,
  sampleSize: optional.int("sentences", "use this many of the sentences, drawn by the seed; default: all"),
  maxTokens: optional.int("max-tokens", "sub-tokens of a window; default: the encoder's limit"),
  bucketWindow: optional.int("bucket-window", "batches of sentences that are sorted by length together; default 1"),
  subTokens: optional.choice("sub-tokens", ["all", "first"], "which of a word are labelled and counted; default all")
}

/** What only the contrastive objective has. */
export const contrastive = {
  topConcepts: optional.int("top-concepts", "keep the n most frequent concepts only"),
  keepEmpty: on("keep-empty", "keep sentences without a concept, as examples of what is none"),
  similarity: optional.choice("similarity", ["dot", "cosine"], "of token and concept; default dot"),
  temperature: Flag.String("temperature").pipe(
    Flag.withDescription('divides the similarity of token and concept: a number, or "sqrt-hidden"'),
    Flag.withSchema(divisor),
    Flag.optional
  ),
  learnTemperature: on("learn-temperature", "learn it from there on"),
  bias: optional.choice("bias", ["none", "log-odds"], "offset of the logits: none, or learned from the log-odds on"),
  projection: optional.int("projection", "width of a linear projection of both sides, dropped afterwards"),
  conceptPooling: optional.choice("concept-pooling", ["first", "mean"], "of the sub-tokens of a concept's name"),
  conceptText: optional.choice(
    "concept-text",
    ["name", "description"],
    "what the concept encoder reads: names (default), or the LLM's descriptions where there are any"
  ),
  maskNearSynonyms: on("mask-near-synonyms", "leave near-synonyms of a positive out of the loss"),
  extraConcepts: optional.int("extra-concepts", "concepts of other sentences that join each batch; default 0"),
  positiveWeight: optional.number("positive-weight", "of positives in the loss; default 1"),
  unlabelledWeight: optional.number("unlabelled-weight", "of tokens without any concept in the loss; default 1")
}

/** How to make a base. */
export const baseShape = {
  hidden: optional.int("hidden", "width of a token's vector; default 256"),
  layers: optional.int("layers", "default 4"),
  window: optional.int("window", "most tokens of a window; default 128"),
  initRange: optional.number("init-range", "deviation of the first weights; default 0.02"),
  tokenizer: optional.text("tokenizer", "a folder with a tokenizer to take over; absent: one is learned from the text"),
  vocabSize: optional.int("vocab-size", "entries of the byte-level BPE; default 8192"),
  tokens: optional.int("tokens", "tokens of language modelling; default 0: random weights"),
  causal: optional.number("causal", "part of its steps that predict the next token, from left to right; default 0.25"),
  lowercase: optional.number("lowercase", "part of the texts read in lower case; default 0")
}
