import { Effect } from "effect"
import { annotateOptions } from "./AnnotateOptions.ts"
import type { AnnotateInput } from "./annotate.ts"
import { Ledger } from "./ledger/Ledger.ts"
import { ownerName } from "./ledger/owner.ts"
import { Llm } from "./llm/Llm.ts"
import { layersOf } from "./wiring.ts"

/**
 * Asks the provider to stop the job's batches that are under way. What they had answered is charged, and the next run
 * collects it; the rest becomes `cancelled` then. Returns how many batches. Stop the process that waits for them first.
 */
export const cancelBatches = (input: Omit<AnnotateInput, "sentences">): Promise<number> => {
  const { layer, options } = layersOf(input)
  const { prompt: _, ...plain } = options
  const { job } = annotateOptions(plain)
  const cancel = Effect.gen(function* () {
    const ledger = yield* Ledger
    const { batch, provider } = yield* Llm
    if (batch === undefined) return 0
    const owner = ownerName()
    yield* ledger.reap(Date.now())
    yield* ledger.alive(owner, Date.now() + 60_000)
    const open = (yield* ledger.claimBatches(provider, job, owner)).filter((one) => one.remoteId !== null)
    yield* Effect.forEach(open, (one) => batch.cancel(one.remoteId ?? "")).pipe(
      Effect.ensuring(Effect.ignore(ledger.leave(owner)))
    )
    return open.length
  })
  return Effect.runPromise(Effect.provide(cancel, layer))
}
