import type { OptionError, Sentence } from "@nuner/core"
import { Deferred, Effect, Stream } from "effect"
import type { AnnotateEvent } from "./AnnotateEvent.ts"
import { type AnnotateOptionsInput, annotateOptions } from "./AnnotateOptions.ts"
import { followOpenBatches } from "./batch/followOpenBatches.ts"
import { runBatches } from "./batch/runBatches.ts"
import { Ledger } from "./ledger/Ledger.ts"
import type { LedgerError } from "./ledger/LedgerError.ts"
import { Llm } from "./llm/Llm.ts"
import type { LlmError } from "./llm/LlmError.ts"
import { figure2 } from "./prompt/figure2.ts"
import type { Prompt } from "./prompt/Prompt.ts"
import { askAll } from "./run/ask.ts"
import { attend } from "./run/attend.ts"
import { emit } from "./run/emit.ts"
import { plan } from "./run/plan.ts"
import { makeRun } from "./run/Run.ts"

/** Items that may be planned ahead of what is out. For batches, and where others may help, everything is planned. */
const LOOKAHEAD = 10_000

export type AnnotateFailure = LlmError | LedgerError | OptionError

/**
 * Sentences in, a record for each of them out, in their order; progress in between, a summary at the end.
 *
 * Three parts work at the same time and meet only in the ledger: the planner writes sentences into it, the asker takes
 * them out and brings answers back, the emitter reads what is finished. Ending the stream early gives everything back.
 * Fails only if no request can succeed (key, model name), the ledger breaks, or an option is wrong.
 */
export const annotateStream = <E, R>(
  sentences: Stream.Stream<Sentence, E, R>,
  { prompt = figure2, ...input }: AnnotateOptionsInput & { readonly prompt?: Prompt }
): Stream.Stream<AnnotateEvent, AnnotateFailure | E, Llm | Ledger | R> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const options = yield* Effect.try({ try: () => annotateOptions(input), catch: (error) => error as OptionError })
      const llm = yield* Llm
      const run = yield* makeRun(options, prompt, llm)
      yield* attend(run, "plan")
      const failed = yield* Deferred.make<never, AnnotateFailure | E>()
      const background = <R2>(part: Effect.Effect<void, AnnotateFailure | E, R2>) =>
        Effect.forkScoped(Effect.catchCause(part, (cause) => Deferred.failCause(failed, cause)))
      const everything = options.batch || (yield* Ledger).shared
      yield* background(plan(run, sentences, everything ? Number.POSITIVE_INFINITY : LOOKAHEAD))
      if (options.batch && llm.batch !== undefined) yield* background(runBatches(run, llm.batch))
      else {
        yield* background(askAll(run))
        if (llm.batch !== undefined) yield* background(followOpenBatches(run, llm.batch))
      }
      return emit(run).pipe(Stream.interruptWhen(Deferred.await(failed)))
    })
  )
