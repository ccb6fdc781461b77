import { existsSync } from "node:fs"
import { Effect } from "effect"
import type { AnnotateInput } from "./annotate.ts"
import { datedPrices } from "./cost/PriceTable.ts"
import { isPostgres } from "./ledger/layerLedger.ts"
import { type Forecast, forecastEffect } from "./run/forecast.ts"
import { count, dollars } from "./run/Progress.ts"
import { layersOf, streamOf } from "./wiring.ts"

/** What `annotate` with the same input would send and cost; sends nothing. @throws OptionError, InputError, LedgerError */
export const forecast = async ({ sentences, ...input }: AnnotateInput): Promise<Forecast> => {
  // A ledger that is not there yet knows nothing; a forecast does not make one.
  const isThere = isPostgres(input.ledger) || existsSync(input.ledger)
  const { layer, options } = layersOf(isThere ? input : { ...input, ledger: ":memory:" })
  return Effect.runPromise(forecastEffect(streamOf(sentences), options).pipe(Effect.provide(layer)))
}

/** A few lines for people. */
export const formatForecast = (forecast: Forecast): string => {
  const { cost, costAtMost, inputTokens, known, outputTokens, pricesOf, repeated, requests, sentences } = forecast
  return [
    `${count(sentences)} sentences: ${count(requests)} requests, ${count(known)} in the ledger already, ${count(repeated)} repeated`,
    `about ${count(inputTokens)} tokens in (${forecast.tokensBy}) and ${count(outputTokens)} out`,
    cost === null || costAtMost === null
      ? "no price for this model: give a price table to see the cost"
      : `about ${dollars(cost)}, at most ${dollars(costAtMost)} (prices of ${datedPrices(pricesOf)})`
  ].join("\n")
}
