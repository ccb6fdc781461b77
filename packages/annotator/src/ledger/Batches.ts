import type { Effect } from "effect"
import type { Outcome } from "./Attempts.ts"
import type { LedgerError } from "./LedgerError.ts"

/** A request on its way into a batch. */
export interface BatchMember {
  readonly address: string
  /** Its `custom_id`. */
  readonly key: string
  /** US dollars at most. */
  readonly estimate: number
}

export type BatchState = "submitting" | "running" | "collected" | "invalid" | "lost"

export interface LedgerBatch {
  /** Ours; the provider's is `remoteId`, null until the provider confirmed the submission. */
  readonly id: string
  readonly remoteId: string | null
  readonly state: BatchState
  readonly requests: number
  readonly createdAt: number
}

/** Requests that were given away together, and outlive the process that gave them. */
export interface Batches {
  /**
   * Puts claimed requests into a new batch and reserves their estimates: of a prefix of them if the budget is short.
   * Returns how many of the list that prefix is, and whether reservations in flight may free more.
   */
  readonly openBatch: (batch: {
    readonly id: string
    readonly provider: string
    readonly job: string
    readonly owner: string
    readonly requests: ReadonlyArray<BatchMember>
    readonly maxCost: number | null
    readonly now: number
  }) => Effect.Effect<{ readonly taken: number; readonly budget: "enough" | "wait" | "over" }, LedgerError>
  readonly updateBatch: (
    id: string,
    change: { readonly state: BatchState; readonly remoteId?: string; readonly detail?: string; readonly now: number }
  ) => Effect.Effect<void, LedgerError>
  /** The job's batches at the provider that are not collected yet. */
  readonly openBatches: (provider: string, job: string) => Effect.Effect<ReadonlyArray<LedgerBatch>, LedgerError>
  /** All ids that the provider gave to batches of ours. */
  readonly remoteBatches: (provider: string) => Effect.Effect<ReadonlyArray<string>, LedgerError>
  /**
   * Settles rows of a batch by their keys; a key that is unknown or already settled is skipped. An outcome `planned` becomes
   * `failed` for a request that has had `maxAttempts`. Returns the keys it settled.
   */
  readonly settleBatch: (
    id: string,
    rows: ReadonlyArray<{ readonly key: string; readonly outcome: Outcome }>,
    maxAttempts: number,
    now: number
  ) => Effect.Effect<ReadonlyArray<string>, LedgerError>
  /** Keys of the requests of a batch that have no outcome yet. */
  readonly batchRest: (id: string, limit: number) => Effect.Effect<ReadonlyArray<string>, LedgerError>
}
