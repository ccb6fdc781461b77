import { Clock, Effect, Schedule } from "effect"
import { Ledger } from "../ledger/Ledger.ts"
import { type Run, refuse } from "./Run.ts"

/**
 * Takes this worker's place until the scope ends: it tells the ledger that it lives, and takes back what dead workers hold, three times in
 * every lease.
 *
 * @param role a job has one planner; any number of others help
 */
export const attend = Effect.fnUntraced(function* (run: Run, role: "plan" | "help") {
  const ledger = yield* Ledger
  const { options, owner } = run
  if (role === "plan" && !(yield* ledger.lock(run.queue))) {
    return yield* ledger.shared
      ? refuse("job", `"${options.job}" is being planned by another process`, "help it with work, or use another name")
      : refuse("ledger", `${ledger.name} is in use by another process`, "wait for it, or share a ledger on Postgres")
  }
  const beat = ledger.beat(owner, options.leaseSeconds)
  const bury = Effect.flatMap(Clock.currentTimeMillis, (now) => ledger.bury(owner, now))
  yield* beat
  yield* bury
  yield* Effect.addFinalizer(() => Effect.ignore(ledger.leave(owner)))
  if (!ledger.shared) return
  // Apart from each other: who waits for a lock to take back what the dead hold goes on telling that it lives.
  const often = Schedule.spaced((1000 * options.leaseSeconds) / 3)
  yield* Effect.forkScoped(Effect.repeat(Effect.ignore(beat), often))
  yield* Effect.forkScoped(Effect.repeat(Effect.ignore(bury), often))
})
