import { expect, setDefaultTimeout, test } from "bun:test"
import { recorded, work } from "../src/index.ts"
import { overLedgers } from "./support/ledgers.ts"
import { shareRun } from "./support/shareRun.ts"

setDefaultTimeout(60_000)

/** In small; `test/slow/share.ts` does it with 2,000 sentences. */
overLedgers("a shared job", (newLedger) => {
  test("workers share it while one of them is killed: nothing twice, nothing missing", async () => {
    const ledger = await newLedger()
    if (ledger === undefined) return
    const run = await shareRun(ledger, { sentences: 200, latencyMs: 100, killEveryMs: 700, idempotency: false })
    expect(run).toMatchObject({ answered: 200, open: 0, wasted: 0, reserved: expect.closeTo(0, 9) })
    expect(run.summary).toMatchObject({ planned: 200, answered: 200 })
    expect(run.charged).toBeLessThanOrEqual(200 + run.lost)
  })

  test("a worker without a job says so", async () => {
    const ledger = await newLedger()
    if (ledger === undefined) return
    const alone = work({ provider: recorded([]), model: "m", ledger, job: "nowhere", leaseSeconds: 0.3 })
    await expect(Array.fromAsync(alone)).rejects.toMatchObject({ _tag: "OptionError", option: "job" })
  })
})
