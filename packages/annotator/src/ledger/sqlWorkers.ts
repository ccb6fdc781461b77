import { Effect } from "effect"
import type { SqlDriver } from "./SqlDriver.ts"
import { loseAttempts } from "./sqlAttempts.ts"
import { chunked, placeholders } from "./statements.ts"
import type { Workers } from "./Workers.ts"

export const workerMethods = (driver: SqlDriver): Workers => ({
  beat: (owner, leaseSeconds) =>
    Effect.asVoid(
      driver.query(
        `insert into nuner_worker (owner, alive_until) values ($1, ${driver.clock} + $2)
         on conflict (owner) do update set alive_until = excluded.alive_until`,
        [owner, 1000 * leaseSeconds]
      )
    ),

  bury: (owner, now) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        const dead = driver.shared
          ? `and owner not in (select owner from nuner_worker where alive_until >= ${driver.clock})`
          : ""
        const left = yield* query(
          `select address from nuner_request where owner <> $1 and state in ('planned', 'sent') ${dead}
           order by address ${driver.forUpdate}`,
          [owner]
        )
        let lost = 0
        for (const addresses of chunked(left.map(({ address }) => String(address)))) {
          const these = `address in ${placeholders(1, addresses.length)}`
          lost += (yield* loseAttempts(query, these, addresses, now)).length
          yield* query(
            `update nuner_request set state = 'planned', owner = null, updated_at = ${now} where ${these}`,
            addresses
          )
        }
        yield* query(`delete from nuner_worker where alive_until < ${driver.clock}`)
        return lost
      })
    ),

  leave: (owner) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        yield* query("update nuner_request set owner = null where owner = $1 and state = 'planned'", [owner])
        yield* query("delete from nuner_worker where owner = $1", [owner])
      })
    ),

  pace: (job, { requests, tokens }) => {
    const next = (line: string) =>
      `(case when nuner_pace.${line} > ${driver.clock} then nuner_pace.${line} else ${driver.clock} end)`
    return driver
      .query(
        `insert into nuner_pace (job, requests, tokens) values ($1, ${driver.clock} + $2, ${driver.clock} + $3)
         on conflict (job) do update set requests = ${next("requests")} + $2, tokens = ${next("tokens")} + $3
         returning requests - $2 - ${driver.clock} as requests, tokens - $3 - ${driver.clock} as tokens`,
        [job, requests, tokens]
      )
      .pipe(Effect.map(([row]) => Math.max(0, Number(row?.requests ?? 0), Number(row?.tokens ?? 0))))
  }
})
