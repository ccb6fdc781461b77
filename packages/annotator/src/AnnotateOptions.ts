import { decodeOptions, OptionError } from "@nuner/core"
import { Effect, Schema } from "effect"
import { PriceTable } from "./cost/PriceTable.ts"

const orElse = <A>(value: A) => Effect.succeed(value)
const positive = Schema.Finite.check(Schema.isGreaterThan(0))
const positiveInt = Schema.Int.check(Schema.isGreaterThan(0))

/** Every option of an annotation run that is plain data; a command line shows the same. Defaults stand here and only here. */
export const AnnotateOptions = Schema.Struct({
  /** Name of the model at the provider; for `recorded`, of the model whose answers were recorded. */
  model: Schema.NonEmptyString,
  /** Label of what is spent together, and what workers on Postgres share. Default: default */
  job: Schema.NonEmptyString.pipe(Schema.withDecodingDefaultKey(orElse("default"))),

  /** Upper bound of an answer, in tokens. Default: 1024 */
  maxTokens: positiveInt.pipe(Schema.withDecodingDefaultKey(orElse(1024))),
  /** Default: the provider's. Anthropic's API has none. */
  temperature: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2 }))),
  /** Default: the provider's. Anthropic's API has none. */
  topP: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  /** Only OpenAI's chat API has one, and only as a best effort. */
  seed: Schema.optionalKey(Schema.Int),
  /** How long a reasoning model may think. Default: the provider's */
  effort: Schema.optionalKey(Schema.Literals(["low", "medium", "high"])),

  /** Send through the provider's batch API: cheaper, within a day. Default: false */
  batch: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(orElse(false))),
  /** Requests in a batch at most. Default: what the provider allows */
  batchSize: Schema.optionalKey(positiveInt),
  /** Longest time between two looks at a batch, in seconds. Default: 60 */
  pollSeconds: positive.pipe(Schema.withDecodingDefaultKey(orElse(60))),

  /** Requests in flight. Default: 16 */
  concurrency: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1024 })).pipe(
    Schema.withDecodingDefaultKey(orElse(16))
  ),
  /** Of this process. Default: unlimited */
  requestsPerMinute: Schema.optionalKey(positive),
  /** Input and `maxTokens` of every request, of this process. Default: unlimited */
  tokensPerMinute: Schema.optionalKey(positive),
  /** Tries after the first, of 408, 409, 429, 5xx, 529 and network failures. Default: 6 */
  maxRetries: Schema.Natural.pipe(Schema.withDecodingDefaultKey(orElse(6))),
  /** Seconds before the first retry; doubles with each, up to 30. A provider's `retry-after` goes first. Default: 0.5 */
  retrySeconds: positive.pipe(Schema.withDecodingDefaultKey(orElse(0.5))),
  /** A `retry-after` of more seconds is told, with the time at which the run goes on, and may end it: see `onLongWait`. Default: 60 */
  longWaitSeconds: positive.pipe(Schema.withDecodingDefaultKey(orElse(60))),
  /** What to do about it: wait, or end the run; a rerun goes on. Default: wait */
  onLongWait: Schema.Literals(["wait", "stop"]).pipe(Schema.withDecodingDefaultKey(orElse("wait" as const))),
  /** Seconds until a request without an answer counts as lost. Default: 120 */
  timeoutSeconds: positive.pipe(Schema.withDecodingDefaultKey(orElse(120))),

  /** US dollars that the job may cost, a hard stop. Default: unlimited */
  maxCost: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))),
  /** Default: the dated table that comes with the package. */
  prices: Schema.optionalKey(PriceTable),

  /** Ask again what failed or was refused in an earlier run. Default: false (failures that pass are asked again anyway) */
  retryFailed: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(orElse(false))),
  /** An empty answer means "nothing to label" instead of a failure. Default: false */
  emptyIsNothing: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(orElse(false))),

  /** How many sentences there are, if known: for the time left. */
  total: Schema.optionalKey(Schema.Natural),
  /** Seconds between two progress events. Default: 1 */
  progressSeconds: positive.pipe(Schema.withDecodingDefaultKey(orElse(1))),
  /** On Postgres: seconds after which a silent worker counts as dead and others take over its requests. Default: 15 */
  leaseSeconds: positive.pipe(Schema.withDecodingDefaultKey(orElse(15)))
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
const LIVE_ONLY = ["concurrency", "requestsPerMinute", "tokensPerMinute", "leaseSeconds"] as const
