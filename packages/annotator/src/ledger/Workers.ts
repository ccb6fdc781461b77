import type { Effect } from "effect"
import type { LedgerError } from "./LedgerError.ts"

/** Who is at work on a ledger, and how fast all of them together may send. */
export interface Workers {
  /** Says that a worker is there: it counts as alive for so long, by the database's clock. */
  readonly beat: (owner: string, leaseSeconds: number) => Effect.Effect<void, LedgerError>
  /**
   * Takes back what the dead hold, of any queue: attempts under way count as lost and charged, their requests are planned again. Dead are those whose
   * lease is over; on a ledger for one process all but `owner`. Returns how many attempts were lost.
   */
  readonly bury: (owner: string, now: number) => Effect.Effect<number, LedgerError>
  /** The regular end of a worker: what it had claimed and not sent is for others. */
  readonly leave: (owner: string) => Effect.Effect<void, LedgerError>
  /**
   * Takes the next place in the job's line of requests, and in its line of tokens, so many milliseconds long. Returns the milliseconds until both
   * begin.
   */
  readonly pace: (
    job: string,
    length: { readonly requests: number; readonly tokens: number }
  ) => Effect.Effect<number, LedgerError>
}
