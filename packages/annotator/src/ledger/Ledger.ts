import { Context, type Effect, type Scope } from "effect"
import type { SqlClient } from "effect/sql"
import type { Finish, Usage } from "../llm/Llm.ts"
import type { LedgerError } from "./LedgerError.ts"

/**
 * The life of a request. `planned`: to be sent; `sent`: an attempt is under way; `in batch`: given to a batch API.
 * `answered`, `failed` and `refused` are final: a rerun does not ask again (see `Settings.retryFailed`).
 */
export type RequestState = "planned" | "sent" | "in batch" | "answered" | "failed" | "refused"

/** What all requests of a run have in common; part of every content address. */
export interface Settings {
  readonly prompt: { readonly name: string; readonly version: number; readonly hash: string; readonly text: string }
  readonly model: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/** A sentence of a queue, in the order of the input. */
export interface PlannedItem {
  readonly seq: number
  readonly sentenceId: string
  readonly sentence: string
  readonly address: string
}

/** A request that this worker owns: nobody else sends it while its part is this worker's. */
export interface ClaimedRequest {
  readonly address: string
  readonly sentence: string
  /** Attempts made so far, by anyone. */
  readonly attempts: number
  /** How often the request was asked anew after a final answer. */
  readonly round: number
}

/** An item with what is known of its request. */
export interface LedgerItem {
  readonly seq: number
  readonly sentenceId: string
  readonly sentence: string
  readonly address: string
  readonly state: RequestState
  readonly reason: string | null
  readonly detail: string | null
  readonly answer: string | null
  readonly finish: Finish | null
  readonly attempts: number
}

/** `sent`: go ahead. `wait`: no budget left now, but reservations in flight may free some. `over budget`: none left. `gone`: not ours any more. */
export type SendResult =
  | { readonly _tag: "Sent"; readonly attempt: number }
  | { readonly _tag: "Wait" | "OverBudget" | "Gone" }

export interface Outcome {
  /** `planned`: to be tried again, by its owner if `keep`, else by anyone. */
  readonly state: Exclude<RequestState, "sent" | "in batch">
  readonly keep?: boolean
  readonly reason?: string
  readonly detail?: string
  readonly answer?: string
  readonly finish?: Finish
  readonly usage: Usage | null
  /** null: unknown (no price, no usage). */
  readonly cost: number | null
  /** The cost is our estimate, because the provider may have charged without telling. */
  readonly assumed?: boolean
}

export interface Attempt {
  readonly number: number
  readonly owner: string
  readonly batch: string | null
  readonly startedAt: number
  readonly endedAt: number | null
  /** null: still under way. `lost`: its worker died. */
  readonly outcome: string | null
  readonly detail: string | null
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly cost: number | null
  readonly assumed: boolean
}

export interface Account {
  /** Settled cost, assumed costs included. */
  readonly spent: number
  /** Estimates of what is under way. */
  readonly reserved: number
}

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

/**
 * The port: remembers every request before it is sent and every answer after it came. All methods are atomic, and
 * safe to call from several processes. Times are epoch milliseconds.
 */
export interface LedgerShape {
  /** Where it lies, without a password. */
  readonly name: string

  /**
   * Present where several processes may work on one queue: Effect's cluster keeps its own books there, and decides which
   * part of the queue is whose. Without it one process does everything.
   */
  readonly client?: SqlClient.SqlClient
  /** Takes the right to plan a queue, until the scope ends or the process dies. False if another process has it. */
  readonly lock: (queue: string) => Effect.Effect<boolean, LedgerError, Scope.Scope>
  /**
   * Takes over what other owners have left in these parts, which must be this worker's alone: attempts under way count as lost
   * and charged, their requests are planned again. Returns how many attempts were lost. (SQLite: of all queues.)
   */
  readonly inherit: (takeover: {
    readonly queue: string
    readonly parts: ReadonlyArray<number>
    readonly owner: string
    readonly now: number
  }) => Effect.Effect<number, LedgerError>
  /** The regular end of holding parts: what was claimed of them and not sent is for others. */
  readonly giveBack: (back: {
    readonly queue: string
    readonly parts: ReadonlyArray<number>
    readonly owner: string
  }) => Effect.Effect<void, LedgerError>

  readonly saveSettings: (hash: string, settings: Settings, now: number) => Effect.Effect<void, LedgerError>
  /**
   * Adds items to a queue, and their requests unless known. Requests that failed for a passing reason are planned again;
   * with `retryFailed` all that failed or were refused.
   */
  readonly plan: (plan: {
    readonly queue: string
    readonly settings: string
    readonly items: ReadonlyArray<PlannedItem>
    readonly retryFailed: boolean
    /** When the run began: what fails during the run is not asked again by it. */
    readonly failedBefore: number
    readonly now: number
  }) => Effect.Effect<void, LedgerError>
  /** Which of these requests `plan` would leave as they are, because they have their final answer. */
  readonly known: (
    addresses: ReadonlyArray<string>,
    retryFailed: boolean
  ) => Effect.Effect<ReadonlySet<string>, LedgerError>
  /** Begins (`total` null) or ends the planning of a queue; the beginning forgets the items of an earlier plan, not their requests. */
  readonly saveJob: (queue: string, total: number | null) => Effect.Effect<void, LedgerError>
  readonly job: (queue: string) => Effect.Effect<{ readonly total: number | null } | undefined, LedgerError>
  /** Takes up to `limit` planned requests of these parts of a queue, oldest first. Never one that another claims. */
  readonly claim: (claim: {
    readonly queue: string
    readonly parts: ReadonlyArray<number>
    readonly owner: string
    readonly limit: number
    readonly now: number
  }) => Effect.Effect<ReadonlyArray<ClaimedRequest>, LedgerError>
  /**
   * What the ledger holds for this worker and the worker knows nothing of, because a connection broke before it heard: claimed again, attempts
   * at it lost and charged.
   */
  readonly reclaim: (claim: {
    readonly queue: string
    readonly owner: string
    /** What the worker knows of. */
    readonly held: ReadonlySet<string>
    readonly now: number
  }) => Effect.Effect<ReadonlyArray<ClaimedRequest>, LedgerError>
  /**
   * Moves into the queue what its items still need and other queues left behind, attempts that must have ended by now among it.
   * Returns whether anything of the queue is unfinished.
   */
  readonly adopt: (queue: string, fromSeq: number, now: number) => Effect.Effect<boolean, LedgerError>
  /** Items from `fromSeq` on, by seq, with the present state of their requests. */
  readonly page: (
    queue: string,
    fromSeq: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<LedgerItem>, LedgerError>
  /** Forgets items before `beforeSeq` (not their requests). */
  readonly dropItems: (queue: string, beforeSeq: number) => Effect.Effect<void, LedgerError>
  /** Items of a queue by the state and reason of their requests. */
  readonly count: (
    queue: string
  ) => Effect.Effect<ReadonlyArray<{ state: RequestState; reason: string | null; count: number }>, LedgerError>

  /** Records an attempt and reserves its estimate, in one step; the request may be sent only after that. */
  readonly send: (send: {
    readonly address: string
    readonly owner: string
    readonly job: string
    readonly estimate: number
    readonly maxCost: number | null
    readonly now: number
    /** When its worker gives it up. */
    readonly expiresAt: number
  }) => Effect.Effect<SendResult, LedgerError>
  /** Ends an attempt: settles its cost and keeps what came of it. An answer is kept even if the request has changed hands. */
  readonly settle: (settle: {
    readonly address: string
    readonly owner: string
    readonly attempt: number
    readonly outcome: Outcome
    readonly now: number
  }) => Effect.Effect<void, LedgerError>
  readonly account: (job: string) => Effect.Effect<Account, LedgerError>
  readonly attempts: (address: string) => Effect.Effect<ReadonlyArray<Attempt>, LedgerError>

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
  /** What the ledger holds, by job. */
  readonly jobs: Effect.Effect<ReadonlyArray<JobReport>, LedgerError>
  /** Requests of a queue behind an address, in the order of addresses. */
  readonly entries: (
    queue: string,
    after: string,
    limit: number
  ) => Effect.Effect<ReadonlyArray<LedgerEntry>, LedgerError>
  /** Forgets a queue: items, requests never asked, tables of its workers; with `answers` all of its requests. */
  readonly cleanJob: (
    queue: string,
    answers: boolean
  ) => Effect.Effect<{ readonly requests: number; readonly tables: number }, LedgerError>
  /** Keys of the requests of a batch that have no outcome yet. */
  readonly batchRest: (id: string, limit: number) => Effect.Effect<ReadonlyArray<string>, LedgerError>
}

export class Ledger extends Context.Service<Ledger, LedgerShape>()("@nuner/annotator/Ledger") {}
