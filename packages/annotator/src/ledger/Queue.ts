import type { Effect } from "effect"
import type { Finish } from "../llm/Llm.ts"
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

/** A request that this worker owns: nobody else sends it while this worker is alive. */
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

/** What is to be asked, who asks it, and how far it is. */
export interface Queue {
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
  /** Takes up to `limit` planned requests of a queue, oldest first. Never one that another claims. */
  readonly claim: (claim: {
    readonly queue: string
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
   * Moves into the queue what its items still need and other queues left behind.
   * Returns whether anything of the queue is unfinished.
   */
  readonly adopt: (queue: string, fromSeq: number) => Effect.Effect<boolean, LedgerError>
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
}
