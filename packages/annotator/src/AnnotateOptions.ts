import { decodeOptions, Fraction, NonNegative, OptionError, option, Positive, PositiveInt } from "@nuner/core"
import { Schema } from "effect"
import { PriceTable } from "./cost/PriceTable.ts"

/** Every option of an annotation run that is plain data. */
export const AnnotateOptions = Schema.Struct({
  model: option(Schema.NonEmptyString, {
    help: "name of the model at the provider; of recorded answers, of the model that gave them"
  }),
  job: option(Schema.NonEmptyString, {
    default: "default",
    help: "label of what is spent together, and of what workers on Postgres share"
  }),

  maxTokens: option(PositiveInt, { default: 1024, help: "upper bound of an answer", unit: "tokens" }),
  temperature: option(Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2 }))), {
    help: "of sampling an answer; refused where the API has none, as Anthropic's",
    absent: "the provider's"
  }),
  topP: option(Schema.optionalKey(Fraction), {
    help: "of sampling an answer; refused where the API has none, as Anthropic's",
    absent: "the provider's"
  }),
  seed: option(Schema.optionalKey(Schema.Int), {
    help: "of the model; only OpenAI's chat API has one, and only as a best effort",
    absent: "none"
  }),
  effort: option(Schema.optionalKey(Schema.Literals(["low", "medium", "high"])), {
    help: "how long a reasoning model may think",
    absent: "the provider's"
  }),

  batch: option(Schema.Boolean, {
    default: false,
    help: "send through the provider's batch API: cheaper, within a day"
  }),
  batchSize: option(Schema.optionalKey(PositiveInt), {
    help: "requests in a batch at most",
    needs: { option: "batch" },
    absent: "what the provider allows"
  }),
  pollSeconds: option(Positive, {
    default: 60,
    help: "longest time between two looks at a batch",
    unit: "seconds",
    needs: { option: "batch" }
  }),

  concurrency: option(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 256 })), {
    default: 16,
    help: "requests in flight; Bun sends no more than 256 at once"
  }),
  requestsPerMinute: option(Schema.optionalKey(Positive), { help: "of all workers of the job", absent: "unlimited" }),
  tokensPerMinute: option(Schema.optionalKey(Positive), {
    help: "of all workers of the job: input and `maxTokens` of every request",
    absent: "unlimited"
  }),
  maxRetries: option(Schema.Natural, {
    default: 6,
    help: "tries after the first, of 408, 409, 429, 5xx, 529 and network failures; of a 429 as many as 90 seconds take"
  }),
  retrySeconds: option(Positive, {
    default: 0.5,
    help: "wait before the first retry; doubles with each, up to 30; a provider's retry-after goes first",
    unit: "seconds"
  }),
  longWaitSeconds: option(Positive, {
    default: 60,
    help: "a retry-after of more is told, with the time at which the run goes on, and may end it: see `onLongWait`",
    unit: "seconds"
  }),
  onLongWait: option(Schema.Literals(["wait", "stop"]), {
    default: "wait",
    help: "what to do about a long retry-after: wait, or end the run; a rerun goes on"
  }),
  timeoutSeconds: option(Positive, {
    default: 120,
    help: "until a request without an answer counts as lost",
    unit: "seconds"
  }),

  maxCost: option(Schema.optionalKey(NonNegative), {
    help: "what all runs of the job may cost, a hard stop",
    unit: "US dollars",
    absent: "unlimited"
  }),
  prices: option(Schema.optionalKey(PriceTable), {
    help: "prices of models, as `readPriceTable(file)` reads them",
    absent: "the dated table that comes with the package"
  }),

  retryFailed: option(Schema.Boolean, {
    default: false,
    help: "ask again what failed or was refused in an earlier run; failures that pass are asked again anyway"
  }),
  emptyIsNothing: option(Schema.Boolean, {
    default: false,
    help: "an empty answer means that there is nothing to label, instead of a failure"
  }),

  total: option(Schema.optionalKey(Schema.Natural), {
    help: "how many sentences there are, for the time left",
    absent: "not known"
  }),
  progressSeconds: option(Positive, { default: 1, help: "between two progress events", unit: "seconds" }),
  leaseSeconds: option(Positive, {
    default: 15,
    help: "on Postgres: until a silent worker counts as dead and others take over its requests",
    unit: "seconds"
  })
})
export interface AnnotateOptions extends Schema.Schema.Type<typeof AnnotateOptions> {}
/** As the user gives them: what has a default may be left out. */
export interface AnnotateOptionsInput extends Schema.Codec.Encoded<typeof AnnotateOptions> {}

/** @throws OptionError naming the option, also one that would do nothing beside the others */
export const annotateOptions = (input: AnnotateOptionsInput): AnnotateOptions => {
  const options = decodeOptions("annotator", AnnotateOptions, input)
  const idle = (options.batch ? LIVE_ONLY : BATCH_ONLY).find((option) => input[option] !== undefined)
  if (idle === undefined) return options
  const reason = options.batch ? "has no effect on batches" : "belongs to batches"
  const remedy = options.batch ? "leave it out" : "leave it out, or ask for batches"
  throw new OptionError({ component: "annotator", option: idle, reason, remedy })
}

const BATCH_ONLY = ["batchSize"] as const
const LIVE_ONLY = ["concurrency", "requestsPerMinute", "tokensPerMinute"] as const
