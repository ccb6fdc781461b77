import { existsSync } from "node:fs"
import { InputError } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { formatStatus, statusOf } from "../report/status.ts"
import { command } from "./command.ts"
import { file, one } from "./components.ts"
import { formatJobs, jobsOf } from "./jobs.ts"
import { show } from "./output.ts"

export const statusCommand = command("status", {
  does: "What is done, what is missing and why, what it cost, and what to run next",
  arguments: { place: one("place", "a folder of results, one result, a ledger; with --ledger, a job's name") },
  options: { ledger: file("SQLite file or postgres:// address of the job") },
  run: Effect.fnUntraced(function* ({ ledger, place }) {
    const isLedger = /^postgres(?:ql)?:\/\//.test(place) || (place.endsWith(".sqlite") && existsSync(place))
    if (ledger !== undefined || isLedger) {
      const jobs = yield* jobsOf(ledger ?? place, isLedger ? undefined : place)
      return yield* show(formatJobs(jobs), jobs)
    }
    const status = yield* attempt("status", () => statusOf(place))
    if (status.length === 0) {
      const reason = existsSync(place) ? "holds no result of a nuner command" : "no such folder or result"
      return yield* new InputError({ source: place, reason, remedy: "for a job, name its ledger with --ledger" })
    }
    yield* show(formatStatus(status), status)
  })
})
