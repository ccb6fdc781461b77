import type { FakeLlm } from "@nuner/testing"
import { Effect } from "effect"
import { Ledger, layerLedger } from "../../src/index.ts"

export interface Audit {
  readonly requests: number
  readonly answered: number
  /** Attempts whose worker died while they were under way. */
  readonly lost: number
  /** Attempts that never ended. */
  readonly open: number
  /** Requests that the provider charged more often than 1 + lost attempts: an answer arrived and was not kept. */
  readonly wasted: number
  readonly spent: number
  readonly reserved: number
}

/** Compares what the ledger says with what the provider charged. */
export const audit = (place: string, queue: ReadonlyArray<string>, fake: FakeLlm): Promise<Audit> =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const known = yield* ledger.known(queue, false)
    let lost = 0
    let open = 0
    let wasted = 0
    for (const address of queue) {
      const attempts = yield* ledger.attempts(address)
      const died = attempts.filter(({ outcome }) => outcome === "lost").length
      lost += died
      open += attempts.filter(({ outcome }) => outcome === null).length
      if ((fake.bill.charges.get(address) ?? 0) > 1 + died) wasted++
    }
    const { reserved, spent } = yield* ledger.account("default")
    return { requests: queue.length, answered: known.size, lost, open, wasted, spent, reserved }
  }).pipe(Effect.provide(layerLedger(place)), Effect.runPromise)
