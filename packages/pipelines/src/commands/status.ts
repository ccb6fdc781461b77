import { existsSync } from "node:fs"
import { InputError } from "@nuner/core"
import { Effect, Option } from "effect"
import { Argument, Command } from "effect/cli"
import { attempt } from "../errors.ts"
import { formatStatus, statusOf } from "../report/status.ts"
import { optional } from "./flags.ts"
import { formatJobs, jobsOf } from "./jobs.ts"
import { show } from "./output.ts"

export const statusCommand = Command.make(
  "status",
  {
    place: Argument.String("place").pipe(
      Argument.withDescription("a folder of results, one result, a ledger; with --ledger, a job's name")
    ),
    ledger: optional.text("ledger", "SQLite file or postgres:// address of the job")
  },
  Effect.fn(function* ({ ledger, place }) {
    const isLedger = /^postgres(?:ql)?:\/\//.test(place) || (place.endsWith(".sqlite") && existsSync(place))
    if (Option.isSome(ledger) || isLedger) {
      const jobs = yield* jobsOf(
        Option.getOrElse(ledger, () => place),
        isLedger ? undefined : place
      )
      return yield* show(formatJobs(jobs), jobs)
    }
    const status = yield* attempt("status", () => statusOf(place))
    if (status.length === 0) {
      const reason = existsSync(place) ? "holds no result of a nuner command" : "no such folder or result"
      return yield* new InputError({ source: place, reason, remedy: "for a job, name its ledger with --ledger" })
    }
    yield* show(formatStatus(status), status)
  })
).pipe(Command.withDescription("What is done, what is missing and why, what it cost, and what to run next"))
