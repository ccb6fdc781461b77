import { expect, setDefaultTimeout, test } from "bun:test"
import { rng } from "@nuner/core"
import { killRun } from "./support/killRun.ts"
import { overLedgers } from "./support/ledgers.ts"

setDefaultTimeout(240_000)

/** A few kills; `test/slow/kill.ts` does a hundred. */
overLedgers("kill -9", (newLedger) => {
  test.each([true, false])(
    "every sentence is answered once, and no answer is lost (idempotency: %p)",
    async (idempotency) => {
      const ledger = await newLedger()
      const { next: random } = rng(`kill ${idempotency}`)
      const run = await killRun(ledger, { sentences: 150, kills: 3, idempotency, random })
      expect(run).toMatchObject({ answered: 150, open: 0, wasted: 0, reserved: expect.closeTo(0, 9) })
      expect(run.summary).toMatchObject({ planned: 150, answered: 150 })
      expect(run.charged).toBeLessThanOrEqual(150 + (idempotency ? 0 : run.lost))
      expect(run.kills).toBeGreaterThan(0)
    }
  )
})
