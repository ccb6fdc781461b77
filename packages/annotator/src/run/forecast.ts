import type { OptionError, Sentence } from "@nuner/core"
import { Effect, Stream } from "effect"
import { type AnnotateOptionsInput, annotateOptions } from "../AnnotateOptions.ts"
import { bundledPrices, costOf } from "../cost/PriceTable.ts"
import { tokenCounter } from "../cost/tokenCounter.ts"
import { tokenSample } from "../cost/tokenSample.ts"
import { EXPECTED_OUTPUT_TOKENS } from "../cost/tokens.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import { Llm } from "../llm/Llm.ts"
import { figure2 } from "../prompt/figure2.ts"
import type { Prompt } from "../prompt/Prompt.ts"
import { makeRun } from "./Run.ts"

/** What a run would send. Nothing is planned, and nothing sent, save a few requests to the endpoint that counts tokens, where the provider has one. */
export interface Forecast {
  readonly sentences: number
  /** Sentences that stand more than once, and sentences that the ledger knows: both are free. */
  readonly repeated: number
  readonly known: number
  readonly requests: number
  /** The input as `tokensBy` says; the output as long as Figure 2's prompt got on average. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** How the input's tokens were counted. */
  readonly tokensBy: string
  /** US dollars; null: the price table does not know the model. */
  readonly cost: number | null
  /** What the requests cannot exceed: every byte a token, every answer `maxTokens` long. A budget reserves by this. */
  readonly costAtMost: number | null
  /** The date of the price table. */
  readonly pricesOf: string
}

/** `forecast`, of the ledger and the provider that the surroundings give. */
export const forecastEffect = Effect.fnUntraced(function* <E, R>(
  sentences: Stream.Stream<Sentence, E, R>,
  { prompt = figure2, ...input }: AnnotateOptionsInput & { readonly prompt?: Prompt }
): Effect.fn.Return<Forecast, E | LedgerError | OptionError, R | Llm | Ledger> {
  const ledger = yield* Ledger
  const options = yield* Effect.try({ try: () => annotateOptions(input), catch: (error) => error as OptionError })
  const llm = yield* Llm
  const run = yield* makeRun(options, prompt, llm)
  const tokens = yield* Effect.promise(() => tokenCounter(options.model))
  const seen = new Set<string>()
  const sums = { sentences: 0, known: 0, requests: 0, inputTokens: 0, outputTokens: 0, costAtMost: 0 }
  const sample = tokenSample()
  yield* sentences.pipe(
    Stream.grouped(500),
    Stream.runForEach(
      Effect.fnUntraced(function* (chunk) {
        sums.sentences += chunk.length
        const fresh = new Map<string, string>()
        for (const { text } of chunk) {
          const address = run.addressOf(text)
          if (!seen.has(address)) fresh.set(address, text)
          seen.add(address)
        }
        const known = yield* ledger.known([...fresh.keys()], options.retryFailed)
        sums.known += known.size
        for (const [address, sentence] of fresh) {
          if (known.has(address)) continue
          const request = run.request({ address, sentence, round: 0 })
          const inputTokens = tokens.count(request)
          sums.requests++
          sums.inputTokens += inputTokens
          sums.outputTokens += Math.min(EXPECTED_OUTPUT_TOKENS, options.maxTokens)
          if (tokens.estimates) sample.add(request, inputTokens)
          sums.costAtMost += run.estimate(request)
        }
      })
    )
  )
  const corrected =
    tokens.estimates && llm.countTokens !== undefined && sums.requests > 0
      ? yield* sample
          .correct(llm.provider, llm.countTokens)
          .pipe(
            Effect.catch(({ detail }) =>
              Effect.succeed({ factor: 1, how: `${tokens.how} (${llm.provider} did not count: ${detail})` })
            )
          )
      : { factor: 1, how: tokens.how }
  const usage = { inputTokens: Math.round(corrected.factor * sums.inputTokens), outputTokens: sums.outputTokens }
  const { price } = run
  return {
    ...sums,
    ...usage,
    tokensBy: corrected.how,
    repeated: sums.sentences - seen.size,
    cost: price === undefined ? null : costOf(price, usage, options.batch),
    costAtMost: price === undefined ? null : sums.costAtMost,
    pricesOf: (options.prices ?? bundledPrices).date
  }
})
