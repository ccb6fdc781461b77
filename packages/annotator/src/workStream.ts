import type { OptionError } from "@nuner/core"
import { Clock, Deferred, Effect, Schedule, Stream } from "effect"
import type { AnnotateEvent } from "./AnnotateEvent.ts"
import { type AnnotateOptionsInput, annotateOptions } from "./AnnotateOptions.ts"
import type { AnnotateFailure } from "./annotateStream.ts"
import { Ledger } from "./ledger/Ledger.ts"
import { Llm } from "./llm/Llm.ts"
import { figure2 } from "./prompt/figure2.ts"
import type { Prompt } from "./prompt/Prompt.ts"
import { askAll } from "./run/ask.ts"
import { attend } from "./run/attend.ts"
import { makeRun, type Run, refuse } from "./run/Run.ts"

export type WorkEvent = Extract<AnnotateEvent, { type: "progress" | "summary" }>

/**
 * Takes its share of a job that another process plans (`annotateStream`) on the same Postgres: asks what is free of it, until nothing of the job is unfinished or the budget is gone. Puts out progress and a summary of its own share; the records come
 * out where the job was planned. Model, prompt and parameters must be the job's.
 */
export const workStream = ({
  prompt = figure2,
  ...input
}: AnnotateOptionsInput & { readonly prompt?: Prompt }): Stream.Stream<WorkEvent, AnnotateFailure, Llm | Ledger> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const options = yield* Effect.try({ try: () => annotateOptions(input), catch: (error) => error as OptionError })
      const run = yield* makeRun(options, prompt, yield* Llm)
      if (options.batch)
        return yield* refuse("batch", "a worker asks directly; batches are filled where the job is planned")
      const ledger = yield* Ledger
      if (!ledger.shared)
        return yield* refuse("ledger", `${ledger.name} is for one process`, "workers need a ledger on Postgres")
      const { tally } = run
      run.settled = ({ reason, state }) => {
        if (state !== "planned") tally.finished(state, reason ?? state)
        tally.planned++
      }
      const ended = yield* Deferred.make<void, AnnotateFailure>()
      const work = Effect.gen(function* () {
        yield* joinJob(run)
        yield* attend(run, "help")
        yield* Effect.raceFirst(askAll(run), watchPlanner(run))
      })
      yield* Effect.forkScoped(Effect.flatMap(Effect.exit(work), (exit) => Deferred.done(ended, exit)))
      const progress = Effect.map(
        Clock.currentTimeMillis,
        (now): WorkEvent => ({ type: "progress", progress: tally.progress(now) })
      )
      const summary = Effect.gen(function* () {
        const { spent } = yield* ledger.account(options.job)
        return { type: "summary", summary: tally.summary(yield* Clock.currentTimeMillis, spent) } satisfies WorkEvent
      })
      return Stream.fromEffectSchedule(progress, Schedule.spaced(1000 * options.progressSeconds)).pipe(
        Stream.interruptWhen(Deferred.await(ended)),
        Stream.concat(Stream.fromEffect(summary))
      )
    })
  )

/** Waits until the job is there, for one lease: workers may start before the planner. */
const joinJob = Effect.fnUntraced(function* (run: Run) {
  const ledger = yield* Ledger
  const deadline = (yield* Clock.currentTimeMillis) + 1000 * run.options.leaseSeconds
  for (;;) {
    const job = yield* ledger.job(run.queue)
    if (job !== undefined) return
    if ((yield* Clock.currentTimeMillis) > deadline) {
      return yield* refuse(
        "job",
        `there is no job "${run.options.job}" with this model, prompt and parameters on ${ledger.name}`,
        "start annotate first, with the same ones"
      )
    }
    yield* Effect.sleep("200 millis")
  }
})

/** Learns from the ledger when the job is planned to its end. */
const watchPlanner = Effect.fnUntraced(function* (run: Run) {
  const ledger = yield* Ledger
  for (;;) {
    const job = yield* ledger.job(run.queue)
    run.planned = job !== undefined && job.total !== null
    run.tally.total = job?.total ?? null
    yield* Effect.sleep("500 millis")
  }
})
