import { expect, test } from "bun:test"
import { testEngine } from "@nuner/testing"
import { tf } from "../../src/index.ts"
import { countReads } from "../lib/countReads.ts"
import { events, telemetryOptions, withParameters } from "../lib/tinyRun.ts"

await testEngine()

test("a training step reads nothing while it computes, and at its end the losses, the norm and the telemetry once", async () => {
  const { result } = await withParameters(async (parameters) =>
    countReads(() => events(telemetryOptions(parameters, { steps: 3, accumulate: 2 })))
  )
  expect(result.reads).toEqual({ sync: 0, async: 3 * (2 + 2 + 1) })
  const [first] = result.result
  expect(first).toMatchObject({ type: "step", metrics: { saturated: 0, positiveRate: expect.any(Number) } })
})

test("a read on the way is counted", async () => {
  const { reads } = await countReads(async () => tf.tidy(() => tf.scalar(1).dataSync()))
  expect(reads).toEqual({ sync: 1, async: 0 })
})
