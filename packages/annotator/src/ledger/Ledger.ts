import { Context, type Effect, type Scope } from "effect"
import type { Attempts } from "./Attempts.ts"
import type { Batches } from "./Batches.ts"
import type { Jobs } from "./Jobs.ts"
import type { LedgerError } from "./LedgerError.ts"
import type { Queue } from "./Queue.ts"
import type { Workers } from "./Workers.ts"

/**
 * The port: remembers every request before it is sent and every answer after it came. All methods are atomic, and
 * safe to call from several processes. Times are epoch milliseconds.
 */
export interface LedgerShape extends Queue, Attempts, Batches, Jobs, Workers {
  /** Where it lies, without a password. */
  readonly name: string
  /** Whether several processes may work on it at a time. */
  readonly shared: boolean
  /** Takes the right to plan a queue, until the scope ends or the process dies. False if another process has it. */
  readonly lock: (queue: string) => Effect.Effect<boolean, LedgerError, Scope.Scope>
}

/** Where every request, its cost and its answer are written down before and after it is sent: SQLite for one process, Postgres for many. */
export class Ledger extends Context.Service<Ledger, LedgerShape>()("@nuner/annotator/Ledger") {}
