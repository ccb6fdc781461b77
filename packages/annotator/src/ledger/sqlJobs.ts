import { Effect } from "effect"
import type { JobReport, Jobs, LedgerEntry } from "./Jobs.ts"
import type { RequestState, Settings } from "./Queue.ts"
import type { SqlDriver, SqlRow } from "./SqlDriver.ts"
import { numberOf, textOf } from "./statements.ts"

export const jobMethods = (driver: SqlDriver): Jobs => ({
  jobs: Effect.gen(function* () {
    const counts = yield* driver.query(
      `select queue, settings, state, coalesce(reason, '') as reason, count(*) as count, max(updated_at) as updated_at
       from nuner_request group by queue, settings, state, coalesce(reason, '') order by queue`
    )
    const settings = new Map(
      (yield* driver.query("select hash, body from nuner_settings")).map((row) => [String(row.hash), settingsOf(row)])
    )
    const accounts = new Map(
      (yield* driver.query("select job, spent, reserved from nuner_account")).map((row) => [String(row.job), row])
    )
    const planned = yield* driver.query("select queue, total from nuner_job")
    const batches = yield* driver.query(
      "select job, count(*) as count from nuner_batch where state in ('submitting', 'running') group by job"
    )
    const reports = new Map<string, Mutable<JobReport>>()
    const reportOf = (queue: string, hash: string | undefined) => {
      const job = queue.replace(/\/[0-9a-f]{16}(?:\/batch)?$/, "")
      const { model, prompt } = settings.get(hash ?? "") ?? {}
      const account = accounts.get(job)
      const fresh = {
        ...{ queue, job, model: model ?? null, prompt: prompt?.name ?? null },
        states: {} as Record<string, number>,
        reasons: {} as Record<string, number>,
        ...{ spent: Number(account?.spent ?? 0), reserved: Number(account?.reserved ?? 0), updatedAt: 0 },
        sentences: numberOf(planned.find((row) => row.queue === queue)?.total),
        openBatches: Number(batches.find((row) => row.job === job)?.count ?? 0)
      }
      const report = reports.get(queue) ?? fresh
      reports.set(queue, report)
      return report
    }
    for (const row of counts) {
      const report = reportOf(String(row.queue), String(row.settings))
      const [state, reason, count] = [String(row.state), String(row.reason), Number(row.count)]
      report.states[state] = (report.states[state] ?? 0) + count
      if (reason !== "" && state !== "answered") report.reasons[reason] = (report.reasons[reason] ?? 0) + count
      report.updatedAt = Math.max(report.updatedAt, Number(row.updated_at))
    }
    for (const { queue } of planned) reportOf(String(queue), undefined)
    return [...reports.values()]
  }),

  entries: (queue, after, limit) =>
    driver
      .query(
        `select r.*, s.body from nuner_request r left join nuner_settings s on s.hash = r.settings
         where r.queue = $1 and r.address > $2 order by r.address limit $3`,
        [queue, after, limit]
      )
      .pipe(Effect.map((rows) => rows.map(toEntry))),

  cleanJob: (queue, answers) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        const ours = "(select address from nuner_request where queue = $1)"
        yield* query("delete from nuner_item where queue = $1", [queue])
        yield* query("delete from nuner_job where queue = $1", [queue])
        if (answers) yield* query(`delete from nuner_attempt where address in ${ours}`, [queue])
        const gone = yield* query(
          `delete from nuner_request where queue = $1 ${answers ? "" : "and state = 'planned' and attempts = 0"} returning address`,
          [queue]
        )
        return gone.length
      })
    )
})

type Mutable<A> = {
  -readonly [K in keyof A]: A[K] extends Readonly<Record<string, number>> ? Record<string, number> : A[K]
}

const settingsOf = (row: SqlRow): Partial<Settings> => JSON.parse(String(row.body))

const toEntry = (row: SqlRow): LedgerEntry => {
  const { model, parameters, prompt } = textOf(row.body) === null ? ({} as Partial<Settings>) : settingsOf(row)
  return {
    address: String(row.address),
    ...{ model: model ?? null, prompt: prompt?.name ?? null, parameters: parameters ?? {} },
    sentence: String(row.sentence),
    state: row.state as RequestState,
    reason: textOf(row.reason),
    detail: textOf(row.detail),
    answer: textOf(row.answer),
    finish: textOf(row.finish),
    attempts: Number(row.attempts)
  }
}
