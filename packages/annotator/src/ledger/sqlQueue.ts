import { Effect } from "effect"
import type { Finish } from "../llm/Llm.ts"
import type { ClaimedRequest, LedgerItem, Queue, RequestState } from "./Queue.ts"
import type { SqlDriver, SqlRow, SqlValue } from "./SqlDriver.ts"
import { loseAttempts } from "./sqlAttempts.ts"
import { chunked, numberOf, placeholders, textOf } from "./statements.ts"

/** Failures that say nothing about the sentence: a rerun asks again. */
export const PASSING_REASONS = [
  "denied",
  "rate limited",
  "overloaded",
  "unreachable",
  "malformed response",
  "expired",
  "missing from batch",
  "batch refused",
  "cancelled"
] as const

const passing = PASSING_REASONS.map((reason) => `'${reason}'`).join(", ")

export const queueMethods = (driver: SqlDriver): Queue => ({
  saveSettings: (hash, settings, now) =>
    Effect.asVoid(
      driver.query("insert into nuner_settings (hash, body, created_at) values ($1, $2, $3) on conflict do nothing", [
        hash,
        JSON.stringify(settings),
        now
      ])
    ),

  plan: ({ queue, settings, items, retryFailed, failedBefore, now }) => {
    // A statement may touch a row once, and Postgres locks rows in statement order: sorted, two planners cannot deadlock.
    const unique = [...new Map(items.map((item) => [item.address, item])).values()].sort((a, b) =>
      a.address < b.address ? -1 : 1
    )
    const again = retryFailed
      ? "nuner_request.state in ('failed', 'refused')"
      : `nuner_request.state = 'failed' and nuner_request.reason in (${passing})`
    return driver.transaction((query) =>
      Effect.gen(function* () {
        for (const rows of chunked(unique)) {
          yield* query(
            `insert into nuner_request (address, settings, sentence, queue, seq, state, created_at, updated_at)
             values ${placeholders(rows.length, 8)}
             on conflict (address) do update set queue = excluded.queue, seq = excluded.seq, state = 'planned',
               round = nuner_request.round + (case when nuner_request.answer is null then 0 else 1 end),
               reason = null, detail = null, answer = null, finish = null, updated_at = excluded.updated_at
             where (nuner_request.state = 'planned' and nuner_request.owner is null) or (${again} and nuner_request.updated_at < ${failedBefore})`,
            rows.flatMap((i): Array<SqlValue> => [i.address, settings, i.sentence, queue, i.seq, "planned", now, now])
          )
        }
        for (const part of chunked(items)) {
          yield* query(
            `insert into nuner_item (queue, seq, sentence_id, address) values ${placeholders(part.length, 4)}
             on conflict (queue, seq) do update set sentence_id = excluded.sentence_id, address = excluded.address`,
            part.flatMap((i): Array<SqlValue> => [queue, i.seq, i.sentenceId, i.address])
          )
        }
      })
    )
  },

  known: Effect.fnUntraced(function* (addresses: ReadonlyArray<string>, retryFailed: boolean) {
    const known = new Set<string>()
    const kept = retryFailed
      ? "state = 'answered'"
      : `state in ('answered', 'refused') or (state = 'failed' and reason not in (${passing}))`
    for (const part of chunked(addresses)) {
      const rows = yield* driver.query(
        `select address from nuner_request where address in ${placeholders(1, part.length)}
and (${kept})`,
        part
      )
      for (const row of rows) known.add(String(row.address))
    }
    return known
  }),

  saveJob: (queue, total) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        if (total === null) yield* query("delete from nuner_item where queue = $1", [queue])
        yield* query(
          "insert into nuner_job (queue, total) values ($1, $2) on conflict (queue) do update set total = excluded.total",
          [queue, total]
        )
      })
    ),

  job: (queue) =>
    driver
      .query("select total from nuner_job where queue = $1", [queue])
      .pipe(Effect.map(([row]) => (row === undefined ? undefined : { total: numberOf(row.total) }))),

  claim: ({ queue, owner, limit, now }) =>
    driver
      .transaction((query) =>
        query(
          `update nuner_request set owner = $1, updated_at = $2 where address in (
             select address from nuner_request where queue = $3 and state = 'planned' and owner is null
             order by seq limit $4 ${driver.skipLocked})
           returning address, sentence, attempts, round, seq`,
          [owner, now, queue, limit]
        )
      )
      .pipe(Effect.map(toClaims)),

  reclaim: ({ queue, owner, held, now }) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        const rows = yield* query(
          `select address, sentence, attempts, round, seq, state from nuner_request
           where owner = $1 and queue = $2 and state in ('planned', 'sent') order by address ${driver.forUpdate}`,
          [owner, queue]
        )
        const ours = rows.filter(({ address }) => !held.has(String(address)))
        const sent = ours.filter(({ state }) => state === "sent").map(({ address }) => String(address))
        for (const part of chunked(sent)) {
          yield* loseAttempts(query, `address in ${placeholders(1, part.length)}`, part, now)
          yield* query(
            `update nuner_request set state = 'planned', updated_at = ${now} where address in ${placeholders(1, part.length)}`,
            part
          )
        }
        return toClaims(ours)
      })
    ),

  adopt: (queue, fromSeq) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        const open = yield* query(
          "select 1 as open from nuner_request where queue = $1 and state in ('planned', 'sent', 'in batch') limit 1",
          [queue]
        )
        if (open.length > 0) return true
        const elsewhere = yield* query(
          `select i.address from nuner_item i join nuner_request r on r.address = i.address
           where i.queue = $1 and i.seq >= $2 and r.state in ('planned', 'sent', 'in batch')`,
          [queue, fromSeq]
        )
        for (const part of chunked(elsewhere.map((row) => String(row.address)).sort())) {
          yield* query(
            `update nuner_request set queue = $1, owner = null where state = 'planned'
             and address in ${placeholders(1, part.length, 2)}`,
            [queue, ...part]
          )
        }
        return elsewhere.length > 0
      })
    ),

  page: (queue, fromSeq, limit) =>
    driver
      .query(
        `select i.seq as seq, i.sentence_id, i.address, r.sentence, r.state, r.reason, r.detail, r.answer, r.finish, r.attempts
         from nuner_item i join nuner_request r on r.address = i.address
         where i.queue = $1 and i.seq >= $2 order by i.seq limit $3`,
        [queue, fromSeq, limit]
      )
      .pipe(Effect.map((rows) => rows.map(toItem))),

  dropItems: (queue, beforeSeq) =>
    Effect.asVoid(driver.query("delete from nuner_item where queue = $1 and seq < $2", [queue, beforeSeq])),

  count: (queue) =>
    driver
      .query(
        `select r.state, r.reason, count(*) as count from nuner_item i join nuner_request r on r.address = i.address
         where i.queue = $1 group by r.state, r.reason`,
        [queue]
      )
      .pipe(
        Effect.map((rows) =>
          rows.map((row) => ({
            state: row.state as RequestState,
            reason: textOf(row.reason),
            count: Number(row.count)
          }))
        )
      )
})

const toClaims = (rows: ReadonlyArray<SqlRow>): ReadonlyArray<ClaimedRequest> =>
  rows
    .map((row) => ({
      address: String(row.address),
      sentence: String(row.sentence),
      attempts: Number(row.attempts),
      round: Number(row.round),
      seq: Number(row.seq)
    }))
    .sort((a, b) => a.seq - b.seq)

const toItem = (row: SqlRow): LedgerItem => ({
  seq: Number(row.seq),
  sentenceId: String(row.sentence_id),
  sentence: String(row.sentence),
  address: String(row.address),
  state: row.state as RequestState,
  reason: textOf(row.reason),
  detail: textOf(row.detail),
  answer: textOf(row.answer),
  finish: textOf(row.finish) as Finish | null,
  attempts: Number(row.attempts)
})
