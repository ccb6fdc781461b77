import { join } from "node:path"
import { FakeLlm } from "@nuner/testing"
import type { Summary } from "../../src/index.ts"
import { addressesOf } from "./addressesOf.ts"
import { type Audit, audit } from "./audit.ts"

export interface KillRun extends Audit {
  readonly kills: number
  /** What the provider charged; each beyond `requests` was in flight at a kill. */
  readonly charged: number
  readonly summary: Summary
}

/**
 * Runs `annotate` in a process that is killed with SIGKILL again and again, at random moments after it began to send, and
 * at last left alone.
 *
 * @param idempotency whether the provider gives a repeated request the first answer, free
 * @param random uniform in [0, 1)
 */
export const killRun = async (
  ledger: string,
  options: { sentences: number; kills: number; idempotency: boolean; random: () => number }
): Promise<KillRun> => {
  const fake = new FakeLlm({
    latencyMs: 20,
    idempotency: options.idempotency,
    keepCalls: false,
    price: { input: 1, output: 2 }
  })
  const concurrency = 8
  const workMs = (options.sentences * 20) / concurrency
  const child = join(import.meta.dir, "annotateChild.ts")
  const start = () =>
    Bun.spawn(["bun", child, "annotate", ledger, fake.openAiUrl, String(options.sentences), String(concurrency)], {
      stdout: "pipe",
      stderr: "inherit"
    })
  try {
    let kills = 0
    for (; kills < options.kills; kills++) {
      const before = fake.requests
      const process = start()
      while (fake.requests === before && process.exitCode === null) await Bun.sleep(2)
      await Bun.sleep((options.random() * workMs) / options.kills)
      if (process.exitCode !== null) break
      process.kill("SIGKILL")
      await process.exited
    }
    const process = start()
    const output = await new Response(process.stdout).text()
    if ((await process.exited) !== 0) throw new Error("the last run failed")
    const result = await audit(ledger, addressesOf(options.sentences), fake)
    return { ...result, kills, charged: fake.bill.requests, summary: JSON.parse(output) }
  } finally {
    await fake.stop()
  }
}
