import { Effect } from "effect"
import type { LedgerShape } from "./Ledger.ts"
import { PARTS } from "./partOf.ts"
import type { SqlDriver } from "./SqlDriver.ts"
import { loseAttempts } from "./sqlAttempts.ts"

/** Parts change hands: what the last holder of a part had under way is known to be lost, because nobody else can be at it. */
export const partMethods = (driver: SqlDriver): Pick<LedgerShape, "inherit" | "giveBack"> => ({
  inherit: ({ queue, parts, owner, now }) =>
    driver.transaction((query) =>
      Effect.gen(function* () {
        const left = `owner <> $1 and state in ('planned', 'sent')${driver.exclusive ? "" : ` and queue = $2 ${among(parts)}`}`
        const values = driver.exclusive ? [owner] : [owner, queue]
        const rows = yield* query(
          `select address from nuner_request where ${left} order by address ${driver.forUpdate}`,
          values
        )
        if (rows.length === 0) return 0
        const theirs = `address in (select address from nuner_request where ${left})`
        const lost = yield* loseAttempts(query, theirs, values, now)
        yield* query(
          `update nuner_request set state = 'planned', owner = null, updated_at = ${now} where ${left}`,
          values
        )
        return lost.length
      })
    ),

  giveBack: ({ queue, parts, owner }) =>
    Effect.asVoid(
      driver.query(
        `update nuner_request set owner = null where owner = $1 and queue = $2 and state = 'planned' ${among(parts)}`,
        [owner, queue]
      )
    )
})

/** A condition; none if these are all parts. */
export const among = (parts: ReadonlyArray<number>): string =>
  parts.length === PARTS ? "" : `and part in (${parts.length === 0 ? "null" : parts.join(", ")})`
