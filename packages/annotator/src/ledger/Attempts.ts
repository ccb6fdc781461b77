import type { Effect } from "effect"
import type { Finish, Usage } from "../llm/Llm.ts"
import type { LedgerError } from "./LedgerError.ts"
import type { RequestState } from "./Queue.ts"

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
  /** null: unknown (no price, no usage); if `assumed`, what was reserved for it. */
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

/** Attempts and money: nothing is sent that is not written down and paid for. */
export interface Attempts {
  /** Records an attempt and reserves its estimate, in one step; the request may be sent only after that. */
  readonly send: (send: {
    readonly address: string
    readonly owner: string
    readonly job: string
    readonly estimate: number
    readonly maxCost: number | null
    readonly now: number
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
}
