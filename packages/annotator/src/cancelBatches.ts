import { Effect } from "effect"
import { annotateOptions } from "./AnnotateOptions.ts"
import type { AnnotateInput } from "./annotate.ts"
import { Ledger } from "./ledger/Ledger.ts"
import { Llm } from "./llm/Llm.ts"
import { layersOf } from "./wiring.ts"

/**
 * Asks the provider to stop the job's batches that are under way. What they had answered is charged; the run that waits for
 * them, or the next one, collects it, and the rest becomes `cancelled` then. Returns how many batches.
 */
export const cancelBatches = async (input: Omit<AnnotateInput, "sentences">): Promise<number> => {
  const { layer, options } = layersOf(input)
  const { prompt: _, ...plain } = options
  const { job } = annotateOptions(plain)
  const cancel = Effect.gen(function* () {
    const ledger = yield* Ledger
    const { batch, provider } = yield* Llm
    if (batch === undefined) return 0
    const open = (yield* ledger.openBatches(provider, job)).flatMap(({ remoteId }) => remoteId ?? [])
    yield* Effect.forEach(open, batch.cancel)
    return open.length
  })
  return Effect.runPromise(Effect.provide(cancel, layer))
}
