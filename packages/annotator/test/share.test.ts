import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test"
import { annotate, recorded, work } from "../src/index.ts"
import { newDatabase } from "./support/ledgers.ts"
import { hasPostgres, Postgres } from "./support/Postgres.ts"
import { shareRun } from "./support/shareRun.ts"

setDefaultTimeout(240_000)

let postgres: Postgres | undefined
beforeAll(async () => {
  if (hasPostgres) postgres = await Postgres.start()
})
afterAll(() => postgres?.stop())

/** In small; `test/slow/share.ts` does it with 2,000 sentences. */
test.skipIf(!hasPostgres)(
  "workers share a job while one of them is killed: nothing twice, nothing missing",
  async () => {
    const ledger = await newDatabase(postgres!, "share")
    const run = await shareRun(ledger, { sentences: 300, latencyMs: 200, idempotency: false, kill: { times: 2 } })
    expect(run).toMatchObject({ answered: 300, open: 0, wasted: 0, reserved: expect.closeTo(0, 9) })
    expect(run.summary).toMatchObject({ planned: 300, answered: 300 })
    expect(run.charged).toBeLessThanOrEqual(300 + run.lost)
    expect(run.kills).toBe(2)
  }
)

test.skipIf(!hasPostgres)("a worker without a job says so", async () => {
  const ledger = await newDatabase(postgres!, "alone")
  const alone = work({ provider: recorded([]), model: "m", ledger, job: "nowhere", leaseSeconds: 0.3 })
  await expect(Array.fromAsync(alone)).rejects.toMatchObject({ _tag: "OptionError", option: "job" })
})

test.skipIf(!hasPostgres)("a job has one planner", async () => {
  const ledger = await newDatabase(postgres!, "planners")
  const input = { sentences: [{ id: "1", text: "Ada" }], provider: recorded([]), model: "m", ledger }
  for await (const event of annotate(input)) {
    if (event.type !== "failed") continue
    await expect(Array.fromAsync(annotate(input))).rejects.toMatchObject({ _tag: "OptionError", option: "job" })
  }
})

test("SQLite is for one process", async () => {
  const helper = work({ provider: recorded([]), model: "m", ledger: ":memory:" })
  await expect(Array.fromAsync(helper)).rejects.toMatchObject({ _tag: "OptionError", option: "ledger" })
})
