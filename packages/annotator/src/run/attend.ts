import { Clock, Effect, Schedule } from "effect"
import { Ledger } from "../ledger/Ledger.ts"
import type { Run } from "./Run.ts"

/** Tells the ledger that this worker lives, takes back what dead ones held, and leaves at the end of the scope. */
export const attend = Effect.fnUntraced(function* (run: Run) {
  const ledger = yield* Ledger
  const lease = run.options.leaseSeconds * 1000
  const beat = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    yield* ledger.alive(run.owner, now + lease)
    yield* ledger.reap(now)
  })
  yield* beat
  yield* Effect.addFinalizer(() => Effect.ignore(ledger.leave(run.owner)))
  yield* Effect.forkScoped(Effect.repeat(Effect.ignore(beat), Schedule.spaced(lease / 3)))
})
