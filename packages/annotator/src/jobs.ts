import { OptionError } from "@nuner/core"
import { Effect, Option, Stream } from "effect"
import type { JobReport, LedgerEntry } from "./ledger/Jobs.ts"
import { Ledger } from "./ledger/Ledger.ts"
import { layerLedger } from "./ledger/layerLedger.ts"
import { iterate } from "./wiring.ts"

/** The jobs of a ledger: what is asked, answered and open of each, and what it cost. @throws LedgerError */
export const ledgerJobs = (ledger: string): Promise<ReadonlyArray<JobReport>> =>
  Effect.runPromise(Effect.flatMap(Ledger, ({ jobs }) => jobs).pipe(Effect.provide(layerLedger(ledger))))

/** Everything that a ledger knows of a job's requests, a page at a time. @param queue of a `JobReport` @throws LedgerError */
export const exportJob = (ledger: string, queue: string): AsyncIterable<LedgerEntry> =>
  iterate(
    Stream.unwrap(
      Effect.map(Ledger, ({ entries }) =>
        Stream.paginate("", (after) =>
          Effect.map(entries(queue, after, PAGE), (page) => [
            page,
            page.length < PAGE ? Option.none() : Option.some(page.at(-1)!.address)
          ])
        )
      )
    ).pipe(Stream.provide(layerLedger(ledger))),
    undefined
  )

const PAGE = 500

/**
 * Forgets a job: its plan, and what of it was never asked. Paid answers stay, for any job that asks the same, unless `answers` says otherwise.
 * Returns how many requests went.
 *
 * @throws OptionError while somebody is at it, or something of it is under way; LedgerError
 */
export const cleanJob = (ledger: string, queue: string, answers = false): Promise<number> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { cleanJob, jobs, lock } = yield* Ledger
        const refuse = (reason: string, remedy: string) =>
          Effect.fail(new OptionError({ component: "jobs", option: "job", reason: `"${queue}" ${reason}`, remedy }))
        const states = (yield* jobs).find((job) => job.queue === queue)?.states ?? {}
        if (!(yield* lock(queue)))
          return yield* refuse("is being planned by another process", "wait for it, or stop it")
        if ((states.sent ?? 0) + (states["in batch"] ?? 0) > 0) {
          return yield* refuse("has requests under way", "run nuner annotate to its end, or nuner cancel")
        }
        return yield* cleanJob(queue, answers)
      })
    ).pipe(Effect.provide(layerLedger(ledger)))
  )
