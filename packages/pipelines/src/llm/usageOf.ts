import { Ledger, type LedgerError, layerLedger } from "@nuner/annotator"
import { Effect } from "effect"
import type { Usage } from "./LlmRun.ts"

/** What the questions at these addresses cost, whichever run sent them: from the ledger. */
export const usageOf = (
  ledger: string,
  addresses: Iterable<string>,
  priced: boolean
): Effect.Effect<Usage, LedgerError> =>
  Effect.gen(function* () {
    const { attempts } = yield* Ledger
    let [requests, inputTokens, outputTokens, cost] = [0, 0, 0, 0]
    for (const address of addresses) {
      for (const attempt of yield* attempts(address)) {
        requests++
        inputTokens += attempt.inputTokens ?? 0
        outputTokens += attempt.outputTokens ?? 0
        cost += attempt.cost ?? 0
      }
    }
    return { requests, inputTokens, outputTokens, ...(priced ? { cost } : {}) }
  }).pipe(Effect.provide(layerLedger(ledger)))
