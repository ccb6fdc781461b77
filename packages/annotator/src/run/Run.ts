import { OptionError } from "@nuner/core"
import { Clock, Effect } from "effect"
import type { AnnotateOptions } from "../AnnotateOptions.ts"
import { bundledPrices, costOf, type Price, priceOf } from "../cost/PriceTable.ts"
import { maxInputTokens } from "../cost/tokens.ts"
import { type Limiter, makeLimiter } from "../flow/limiter.ts"
import type { Outcome } from "../ledger/Attempts.ts"
import { contentAddress, requestKey, settingsHash } from "../ledger/address.ts"
import { ownerName } from "../ledger/owner.ts"
import type { Settings } from "../ledger/Queue.ts"
import type { LlmRequest, LlmShape } from "../llm/Llm.ts"
import type { Prompt } from "../prompt/Prompt.ts"
import { Tally } from "./Tally.ts"

/** What the parts of one run share. The fields that change say who changes them. */
export interface Run {
  readonly options: AnnotateOptions
  readonly prompt: Prompt
  readonly llm: LlmShape
  readonly settings: Settings
  readonly settingsHash: string
  /** Epoch ms. */
  readonly startedAt: number
  /** This worker's name in the ledger. */
  readonly owner: string
  /** What it works on in the ledger: the job, as far as it is asked with the same settings, directly or in batches. */
  readonly queue: string
  /** Addresses of what this worker has claimed and is at. */
  readonly held: Set<string>
  readonly limiter: Limiter
  readonly tally: Tally
  readonly addressOf: (sentence: string) => string
  readonly request: (claimed: {
    readonly address: string
    readonly sentence: string
    readonly round: number
  }) => LlmRequest
  /** What the request costs at most, in US dollars; 0 without a price. */
  readonly estimate: (request: LlmRequest) => number
  readonly price: Price | undefined
  /** Called with every final outcome that this worker brings. */
  settled: (outcome: Outcome) => void
  /** Set by the planner when the input is at its end. */
  planned: boolean
  /** Set by the asker when the budget cannot hold another request. */
  overBudget: boolean
  /** Set by the followers of batches after one that was refused for its size or the moment: no batch may be larger. */
  largestBatch: number
  /** Batches that were refused so, one after the other. */
  refusedBatches: number
  /** Set by the asker when it has nothing left to do. */
  asked: boolean
  /** The emitter's place: items before it are out. */
  cursor: number
}

/** Checks the options against each other and the provider. Fails with an OptionError. */
export const makeRun = Effect.fnUntraced(function* (
  options: AnnotateOptions,
  prompt: Prompt,
  llm: LlmShape
): Effect.fn.Return<Run, OptionError> {
  const unsupported = llm.lacks?.find((option) => options[option] !== undefined)
  if (unsupported !== undefined) return yield* refuse(unsupported, `the API of ${llm.provider} has no such parameter`)
  if (options.batch && llm.batch === undefined) return yield* refuse("batch", `${llm.provider} has no batch API`)
  const prices = options.prices ?? bundledPrices
  const price = llm.free === true ? { input: 0, output: 0 } : priceOf(prices, options.model)
  if (options.maxCost !== undefined && price === undefined) {
    return yield* refuse(
      "maxCost",
      `the price table of ${prices.date} does not know the model "${options.model}"`,
      "give a price table that does"
    )
  }
  const { effort, maxTokens, model, seed, temperature, topP } = options
  const settings: Settings = {
    prompt: { name: prompt.name, version: prompt.version, hash: prompt.hash, text: prompt.text },
    model,
    parameters: { maxTokens, temperature, topP, seed, effort }
  }
  const hash = settingsHash(settings)
  const owner = ownerName()
  const startedAt = yield* Clock.currentTimeMillis
  return {
    options,
    prompt,
    llm,
    settings,
    settingsHash: hash,
    startedAt,
    owner,
    queue: `${options.job}/${hash.slice(0, 16)}${options.batch ? "/batch" : ""}`,
    held: new Set(),
    limiter: makeLimiter(options),
    tally: new Tally(startedAt, options.total ?? null, price !== undefined && llm.free !== true),
    addressOf: (sentence) => contentAddress(hash, sentence),
    request: ({ address, round, sentence }) => ({
      key: requestKey(address, round),
      model,
      messages: prompt.render(sentence),
      maxTokens,
      sentence,
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { topP }),
      ...(seed === undefined ? {} : { seed }),
      ...(effort === undefined ? {} : { effort }),
      ...(prompt.schema === undefined ? {} : { schema: prompt.schema })
    }),
    estimate: (request) =>
      price === undefined
        ? 0
        : costOf(price, { inputTokens: maxInputTokens(request), outputTokens: request.maxTokens }, options.batch),
    price,
    settled: () => {},
    planned: false,
    overBudget: false,
    largestBatch: options.batchSize ?? Number.POSITIVE_INFINITY,
    refusedBatches: 0,
    asked: false,
    cursor: 0
  }
})

export const refuse = (option: string, reason: string, remedy?: string) =>
  Effect.fail(new OptionError({ component: "annotator", option, reason, ...(remedy === undefined ? {} : { remedy }) }))
