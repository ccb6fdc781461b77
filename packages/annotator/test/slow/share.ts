/**
 * Several workers on one Postgres share 2,000 sentences, first in peace, then while one of them is killed every five seconds, then
 * every second (sooner than a new one gets its parts). `bun packages/annotator/test/slow/share.ts`. Exits 1 if a sentence is
 * missing, or asked twice without a kill in between.
 */
import { newDatabase } from "../support/ledgers.ts"
import { Postgres } from "../support/Postgres.ts"
import { shareRun } from "../support/shareRun.ts"

const SENTENCES = 2000
const postgres = await Postgres.start()
let wrong = 0
try {
  for (const killEveryMs of [undefined, 5000, 1000]) {
    for (const idempotency of killEveryMs === 1000 ? [false, true] : [false]) {
      const ledger = await newDatabase(postgres, `share_${killEveryMs ?? "peace"}_${idempotency}`)
      const run = await shareRun(ledger, {
        ...{ sentences: SENTENCES, latencyMs: 100, idempotency },
        ...(killEveryMs === undefined ? {} : { kill: { everyMs: killEveryMs } })
      })
      const allowed = SENTENCES + (idempotency ? 0 : run.lost)
      if (run.answered !== SENTENCES || run.wasted > 0 || run.open > 0 || run.charged > allowed) wrong++
      console.log(
        `planner + 3 workers, ${idempotency ? "idempotent" : "plain"} provider: ${run.kills} kills in ${run.seconds.toFixed(1)} s; ` +
          `${run.answered} of ${SENTENCES} answered; charged ${run.charged} = ${SENTENCES} + ${run.charged - SENTENCES} repeated, of ${run.lost} in flight at a kill`
      )
    }
  }
} finally {
  await postgres.stop()
}
process.exit(wrong === 0 ? 0 : 1)
