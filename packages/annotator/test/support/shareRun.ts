import { join } from "node:path"
import { FakeLlm } from "@nuner/testing"
import type { Summary } from "../../src/index.ts"
import { addressesOf } from "./addressesOf.ts"
import { type Audit, audit } from "./audit.ts"

export interface ShareRun extends Audit {
  readonly kills: number
  readonly charged: number
  readonly summary: Summary
  readonly seconds: number
}

/**
 * One process plans a job and works on it; three more take their share, of which now and then one is killed with SIGKILL
 * and another started in its place.
 */
export const shareRun = async (
  ledger: string,
  options: {
    readonly sentences: number
    readonly latencyMs: number
    readonly idempotency: boolean
    /** Time between two kills, or how many there are, spread over the sentences. Default: none */
    readonly kill?: { readonly everyMs: number } | { readonly times: number }
  }
): Promise<ShareRun> => {
  const { idempotency, kill = { times: 0 }, latencyMs, sentences } = options
  const fake = new FakeLlm({ latencyMs, idempotency, keepCalls: false, price: { input: 1, output: 2 } })
  const started = performance.now()
  const start = (mode: "annotate" | "work") =>
    Bun.spawn(
      ["bun", join(import.meta.dir, "annotateChild.ts"), mode, ledger, fake.openAiUrl, String(sentences), "8"],
      { stdout: "pipe", stderr: "inherit" }
    )
  const planner = start("annotate")
  const workers = [start("work"), start("work"), start("work")]
  let kills = 0
  const killer = (async () => {
    for (let turn = 0; planner.exitCode === null; turn++) {
      if ("everyMs" in kill) await Promise.race([planner.exited, Bun.sleep(kill.everyMs)])
      else {
        const due = ((kills + 1) * sentences) / (kill.times + 1)
        while (planner.exitCode === null && (kills === kill.times || fake.bill.requests < due)) await Bun.sleep(20)
      }
      const index = turn % workers.length
      const victim = workers[index]!
      if (planner.exitCode !== null || victim.exitCode !== null) continue
      victim.kill("SIGKILL")
      await victim.exited
      kills++
      workers[index] = start("work")
    }
  })()
  try {
    const output = await new Response(planner.stdout).text()
    if ((await planner.exited) !== 0) throw new Error("the planner failed")
    await killer
    await Promise.all(workers.map((worker) => worker.exited))
    const result = await audit(ledger, addressesOf(sentences), fake)
    const seconds = (performance.now() - started) / 1000
    return { ...result, kills, charged: fake.bill.requests, summary: JSON.parse(output), seconds }
  } finally {
    for (const process of [planner, ...workers]) process.kill("SIGKILL")
    await fake.stop()
  }
}
