import type { Effect } from "effect"
import type { LedgerError } from "./LedgerError.ts"
import type { RequestState } from "./Queue.ts"

/** A job as far as it is asked with one prompt, model and parameters. */
export interface JobReport {
  readonly queue: string
  readonly job: string
  readonly model: string | null
  readonly prompt: string | null
  /** Of the plan; null while it is being written, or after it was cleaned away. */
  readonly sentences: number | null
  /** Requests by state, and those without an answer by reason. */
  readonly states: Readonly<Record<string, number>>
  readonly reasons: Readonly<Record<string, number>>
  readonly openBatches: number
  /** US dollars of all that goes by the job's name. */
  readonly spent: number
  readonly reserved: number
  /** Epoch ms; 0 if nothing was asked. */
  readonly updatedAt: number
}

/** All that is known of a request. */
export interface LedgerEntry {
  readonly address: string
  readonly model: string | null
  readonly prompt: string | null
  readonly parameters: Readonly<Record<string, unknown>>
  readonly sentence: string
  readonly state: RequestState
  readonly reason: string | null
  readonly detail: string | null
  readonly answer: string | null
  readonly finish: string | null
  readonly attempts: number
}

/** What the ledger holds, by job: to look at, to take out, to throw away. */
export interface Jobs {
  /** What the ledger holds, by job. */
  readonly jobs: Effect.Effect<ReadonlyArray<JobReport>, LedgerError>
  /** Requests of a queue behind an address, in the order of addresses. */
  readonly entries: (
    queue: string,
    after: string,
    limit: number
  ) => Effect.Effect<ReadonlyArray<LedgerEntry>, LedgerError>
  /** Forgets a queue: items, and requests never asked; with `answers` all of its requests. Returns how many requests. */
  readonly cleanJob: (queue: string, answers: boolean) => Effect.Effect<number, LedgerError>
}
