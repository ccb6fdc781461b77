/**
 * The kill test in full: runs of 500 sentences, killed at random moments, 100 kills on each ledger, without and with
 * idempotency at the provider. `bun packages/annotator/test/slow/kill.ts [kills]`. Exits 1 if anything is lost or repeated.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { rng } from "@nuner/core"
import { killRun } from "../support/killRun.ts"
import { newDatabase } from "../support/ledgers.ts"
import { Postgres } from "../support/Postgres.ts"

const wanted = Number(process.argv[2] ?? 100)
const SENTENCES = 500
const KILLS_A_RUN = 10
let wrong = 0

const trial = async (name: string, newLedger: (n: number) => Promise<string>, idempotency: boolean) => {
  const { next: random } = rng(`slow kill ${name}`)
  const sum = { runs: 0, kills: 0, charged: 0, lost: 0 }
  for (let n = 0; sum.kills < wanted; n++) {
    const run = await killRun(await newLedger(n), { sentences: SENTENCES, kills: KILLS_A_RUN, idempotency, random })
    const good =
      run.answered === SENTENCES &&
      run.summary.answered === SENTENCES &&
      run.open === 0 &&
      run.wasted === 0 &&
      Math.abs(run.reserved) < 1e-9 &&
      run.charged <= SENTENCES + (idempotency ? 0 : run.lost)
    if (!good) console.log("WRONG", ++wrong, JSON.stringify(run))
    sum.runs++
    sum.kills += run.kills
    sum.charged += run.charged
    sum.lost += run.lost
  }
  const requests = sum.runs * SENTENCES
  console.log(
    `${name}, ${idempotency ? "idempotent" : "plain"} provider: ${sum.kills} kills in ${sum.runs} runs of ${SENTENCES}; ` +
      `${requests} requests, all answered once; charged ${sum.charged} = ${requests} + ${sum.charged - requests} repeated, of ${sum.lost} in flight at a kill`
  )
}

const directory = mkdtempSync(join(tmpdir(), "nuner-kill-"))
const postgres = await Postgres.start()
try {
  for (const idempotency of [false, true]) {
    await trial("SQLite", async (n) => join(directory, `${idempotency}-${n}.sqlite`), idempotency)
    if (postgres !== undefined)
      await trial("Postgres", (n) => newDatabase(postgres, `kill_${idempotency}_${n}`), idempotency)
  }
} finally {
  await postgres?.stop()
  rmSync(directory, { recursive: true })
}
process.exit(wrong === 0 ? 0 : 1)
