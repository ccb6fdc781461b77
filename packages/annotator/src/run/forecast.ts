import type { OptionError, Sentence } from "@nuner/core"
import { Effect, Stream } from "effect"
import { type AnnotateOptionsInput, annotateOptions } from "../AnnotateOptions.ts"
import { bundledPrices, costOf } from "../cost/PriceTable.ts"
import { tokenCounter } from "../cost/tokenCounter.ts"
import { EXPECTED_OUTPUT_TOKENS } from "../cost/tokens.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import { Llm } from "../llm/Llm.ts"
import { figure2 } from "../prompt/figure2.ts"
import type { Prompt } from "../prompt/Prompt.ts"
import { makeRun } from "./Run.ts"

/** What a run would send. Nothing is sent, and nothing is planned. */
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

export const forecastEffect = Effect.fnUntraced(function* <E, R>(
  sentences: Stream.Stream<Sentence, E, R>,
  { prompt = figure2, ...input }: AnnotateOptionsInput & { readonly prompt?: Prompt }
): Effect.fn.Return<Forecast, E | LedgerError | OptionError, R | Llm | Ledger> {
  const ledger = yield* Ledger
  const options = yield* Effect.try({ try: () => annotateOptions(input), catch: (error) => error as OptionError })
  const run = yield* makeRun(options, prompt, yield* Llm)
  const tokens = yield* Effect.promise(() => tokenCounter(options.model))
  const seen = new Set<string>()
  const sums = { sentences: 0, known: 0, requests: 0, inputTokens: 0, outputTokens: 0, cost: 0, costAtMost: 0 }
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
          const usage = {
            inputTokens: tokens.count(request),
            outputTokens: Math.min(EXPECTED_OUTPUT_TOKENS, options.maxTokens)
          }
          sums.requests++
          sums.inputTokens += usage.inputTokens
          sums.outputTokens += usage.outputTokens
          sums.cost += run.price === undefined ? 0 : costOf(run.price, usage, options.batch)
          sums.costAtMost += run.estimate(request)
        }
      })
    )
  )
  const priced = run.price !== undefined
  return {
    ...sums,
    tokensBy: tokens.how,
    repeated: sums.sentences - seen.size,
    cost: priced ? sums.cost : null,
    costAtMost: priced ? sums.costAtMost : null,
    pricesOf: (options.prices ?? bundledPrices).date
  }
})
