import { Effect } from "effect"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerError } from "../ledger/LedgerError.ts"
import type { LlmError } from "../llm/LlmError.ts"
import type { Run } from "../run/Run.ts"
import type { BatchApi } from "./BatchApi.ts"
import { followBatch } from "./followBatch.ts"

/** Collects the batches that an earlier run of the job left, for a run that sends none of its own but needs their answers. */
export const followOpenBatches = Effect.fnUntraced(function* (
  run: Run,
  api: BatchApi
): Effect.fn.Return<void, LedgerError | LlmError, Ledger> {
  const ledger = yield* Ledger
  const open = yield* ledger.openBatches(run.llm.provider, run.options.job)
  yield* Effect.forEach(
    open,
    (batch) => {
      run.tally.inBatch += batch.requests
      return followBatch(run, api, batch)
    },
    { concurrency: "unbounded", discard: true }
  )
})
