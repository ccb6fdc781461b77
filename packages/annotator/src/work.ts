import { Stream } from "effect"
import type { AnnotateInput } from "./annotate.ts"
import { iterate, layersOf } from "./wiring.ts"
import { type WorkEvent, workStream } from "./workStream.ts"

/**
 * One more worker for a job that `annotate({ ..., job })` plans on the same ledger on Postgres, from any machine that
 * reaches it. Ends when nothing of the job is unfinished. Killing it loses nothing: the others take over.
 *
 * @throws OptionError, InputError, LedgerError, LlmError (only if no request can succeed)
 */
export async function* work(input: Omit<AnnotateInput, "sentences">): AsyncGenerator<WorkEvent, void, void> {
  const { layer, options } = layersOf(input)
  yield* iterate(Stream.provide(workStream(options), layer), input.signal)
}
