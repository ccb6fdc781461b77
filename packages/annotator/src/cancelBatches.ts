import { Effect } from "effect"
import { annotateOptions } from "./AnnotateOptions.ts"
import type { AnnotateInput } from "./annotate.ts"
import { isGone, loseBatch } from "./batch/loseBatch.ts"
import { Ledger } from "./ledger/Ledger.ts"
import { Llm } from "./llm/Llm.ts"
import { layersOf } from "./wiring.ts"

/**
 * Asks the provider to stop the job's batches that are under way. What they had answered is charged; the run that waits for
 * them, or the next one, collects it, and the rest becomes `cancelled` then. A batch that the provider no longer has is given up: its requests count as
 * charged, and a later run asks them again. Returns how many batches there were.
 */
export const cancelBatches = async (input: Omit<AnnotateInput, "sentences">): Promise<number> => {
  const { layer, options } = layersOf(input)
  const { prompt: _, ...plain } = options
  const { job } = annotateOptions(plain)
  const cancel = Effect.gen(function* () {
    const ledger = yield* Ledger
    const { batch, provider } = yield* Llm
    if (batch === undefined) return 0
    const open = (yield* ledger.openBatches(provider, job)).filter(({ remoteId }) => remoteId !== null)
    yield* Effect.forEach(open, (one) =>
      Effect.catchIf(batch.cancel(one.remoteId ?? ""), isGone, (error) =>
        loseBatch(provider, batch, one, error, Number.POSITIVE_INFINITY)
      )
    )
    return open.length
  })
  return Effect.runPromise(Effect.provide(cancel, layer))
}
