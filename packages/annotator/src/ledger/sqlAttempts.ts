import { Effect } from "effect"
import type { Attempts, Outcome, SendResult } from "./Attempts.ts"
import type { LedgerError } from "./LedgerError.ts"
import type { Query, SqlDriver, SqlValue } from "./SqlDriver.ts"
import { numberOf, textOf } from "./statements.ts"

export const attemptMethods = (driver: SqlDriver): Attempts => ({
  send: ({ address, owner, job, estimate, maxCost, now }) =>
    driver.transaction((query) =>
      Effect.gen(function* (): Effect.fn.Return<SendResult, LedgerError> {
        const sent = yield* query(
          `update nuner_request set state = 'sent', attempts = attempts + 1, updated_at = $3
           where address = $1 and owner = $2 and state = 'planned' returning attempts`,
          [address, owner, now]
        )
        const attempt = Number(sent[0]?.attempts ?? 0)
        if (attempt === 0) return { _tag: "Gone" }
        const reserved = yield* reserve(query, job, estimate, maxCost)
        if (reserved !== "Reserved") {
          yield* query("update nuner_request set state = 'planned', attempts = attempts - 1 where address = $1", [
            address
          ])
          return { _tag: reserved }
        }
        yield* openAttempt(query, { address, attempt, owner, job, estimate, now })
        return { _tag: "Sent", attempt }
      })
    ),

  settle: ({ address, owner, attempt, outcome, now }) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        if (driver.forUpdate !== "") {
          yield* query(`select address from nuner_request where address = $1 ${driver.forUpdate}`, [address])
        }
        const ours = yield* endAttempt(query, address, attempt, outcome, now)
        yield* applyOutcome(query, address, outcome, now, ours ? owner : null)
      })
    ),

  account: (job) =>
    driver
      .query("select spent, reserved from nuner_account where job = $1", [job])
      .pipe(Effect.map((rows) => ({ spent: Number(rows[0]?.spent ?? 0), reserved: Number(rows[0]?.reserved ?? 0) }))),

  attempts: (address) =>
    driver.query("select * from nuner_attempt where address = $1 order by number", [address]).pipe(
      Effect.map((rows) =>
        rows.map((row) => ({
          number: Number(row.number),
          owner: String(row.owner),
          batch: textOf(row.batch),
          startedAt: Number(row.started_at),
          endedAt: numberOf(row.ended_at),
          outcome: textOf(row.outcome),
          detail: textOf(row.detail),
          inputTokens: numberOf(row.input_tokens),
          outputTokens: numberOf(row.output_tokens),
          cost: numberOf(row.cost),
          assumed: Number(row.assumed) === 1
        }))
      )
    )
})

/** Sets aside an estimate, if the budget still holds it. Below a billionth of a dollar, sums of doubles are noise. */
export const reserve = Effect.fnUntraced(function* (
  query: Query,
  job: string,
  estimate: number,
  maxCost: number | null
): Effect.fn.Return<"Reserved" | "Wait" | "OverBudget", LedgerError> {
  if (estimate === 0 && maxCost === null) return "Reserved"
  const take = query(
    `update nuner_account set reserved = reserved + $2
     where job = $1 ${maxCost === null ? "" : "and spent + reserved + $2 <= $3 + 1e-9"} returning job`,
    maxCost === null ? [job, estimate] : [job, estimate, maxCost]
  )
  if ((yield* take).length > 0) return "Reserved"
  yield* query("insert into nuner_account (job) values ($1) on conflict do nothing", [job])
  if ((yield* take).length > 0) return "Reserved"
  // Another worker may have given money back since: what is there now decides.
  const [account] = yield* query("select spent, reserved from nuner_account where job = $1", [job])
  const [spent, reserved] = [Number(account?.spent ?? 0), Number(account?.reserved ?? 0)]
  const holds = spent + reserved + estimate <= (maxCost ?? Number.POSITIVE_INFINITY) + 1e-9
  return reserved > 1e-9 || holds ? "Wait" : "OverBudget"
})

export const charge = (query: Query, job: string, cost: number, freed: number) =>
  cost === 0 && freed === 0
    ? Effect.void
    : query("update nuner_account set spent = spent + $2, reserved = reserved - $3 where job = $1", [job, cost, freed])

const openAttempt = (
  query: Query,
  open: {
    address: string
    attempt: number
    owner: string
    job: string
    estimate: number
    now: number
  }
) =>
  query(
    "insert into nuner_attempt (address, number, owner, job, reserved, started_at) values ($1, $2, $3, $4, $5, $6)",
    [open.address, open.attempt, open.owner, open.job, open.estimate, open.now]
  )

/** Ends an attempt and pays for it. False if it was ended before: its worker counted as dead, and it is paid for. */
export const endAttempt = Effect.fnUntraced(function* (
  query: Query,
  address: string,
  attempt: number,
  { reason, state, detail, usage, cost, assumed }: Outcome,
  now: number
) {
  const ended = yield* query(
    `update nuner_attempt set outcome = $3, detail = $4, input_tokens = $5, output_tokens = $6,
       cost = coalesce($7, case when $8 = 1 then reserved end), assumed = $8, ended_at = $9
     where address = $1 and number = $2 and outcome is null returning job, reserved, cost`,
    [
      address,
      attempt,
      reason ?? state,
      detail ?? null,
      usage?.inputTokens ?? null,
      usage?.outputTokens ?? null,
      cost,
      assumed === true ? 1 : 0,
      now
    ]
  )
  if (ended[0] === undefined) return false
  yield* charge(query, String(ended[0].job), Number(ended[0].cost ?? 0), Number(ended[0].reserved))
  return true
})

/** Attempts of which nobody will hear: lost, and charged as estimated. Returns the addresses of their requests. */
export const loseAttempts = Effect.fnUntraced(function* (
  query: Query,
  where: string,
  values: ReadonlyArray<SqlValue>,
  now: number
) {
  const lost = yield* query(
    `update nuner_attempt set outcome = 'lost', ended_at = ${now}, cost = reserved, assumed = 1
     where outcome is null and batch is null and ${where} returning address, job, reserved`,
    values
  )
  for (const { job, reserved } of lost) yield* charge(query, String(job), Number(reserved), Number(reserved))
  return lost.map(({ address }) => String(address))
})

/**
 * Writes what came of an attempt into its request. An answer is kept whoever owns the request now, unless there is one
 * already; anything else counts only if `owner` still has it.
 */
export const applyOutcome = (query: Query, address: string, outcome: Outcome, now: number, owner: string | null) => {
  const { answer, detail, finish, keep = false, reason, state } = outcome
  return query(
    `update nuner_request set state = $2, reason = $3, detail = $4, answer = $5, finish = $6,
       owner = case when $7 = 1 then owner else null end, batch = null, batch_key = null, updated_at = $8
     where address = $1 and state in ('planned', 'sent', 'in batch') and ($9 = 1 or owner = $10 or batch = $10)`,
    [
      address,
      state,
      reason ?? null,
      detail ?? null,
      answer ?? null,
      finish ?? null,
      keep ? 1 : 0,
      now,
      answer === undefined ? 0 : 1,
      owner ?? ""
    ]
  )
}
