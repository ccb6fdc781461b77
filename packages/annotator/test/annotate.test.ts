import { afterEach, beforeEach, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type AnnotateEvent, type AnnotateInput, annotate, recorded, type Summary } from "../src/index.ts"

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "annotate-"))
})
afterEach(() => rmSync(directory, { recursive: true }))

const sentences = [
  { id: "a", text: "Paris is in France." },
  { id: "b", text: "Nothing here." },
  { id: "c", text: "Hello." },
  { id: "d", text: "Paris is in France." },
  { id: "e", text: "Not recorded." }
]
const provider = recorded([
  { text: "Paris is in France.", response: "Paris <> city <> a place\nFrance <> country\nthat is all" },
  { text: "Nothing here.", response: "" },
  { text: "Hello.", response: "I see no entities." }
])

const run = async (input: Partial<AnnotateInput> = {}): Promise<{ events: Array<AnnotateEvent>; summary: Summary }> => {
  const ledger = join(directory, "ledger.sqlite")
  const events = await Array.fromAsync(annotate({ sentences, provider, model: "m", ledger, ...input }))
  const last = events.at(-1)
  if (last?.type !== "summary") throw new Error("the last event is the summary")
  return {
    events: events.filter((event) => event.type === "annotated" || event.type === "failed"),
    summary: last.summary
  }
}

test("a record for every sentence, in order; duplicates asked once; failures with a reason", async () => {
  const { events, summary } = await run()
  const short = events.map((e) =>
    e.type === "annotated"
      ? [e.record.id, e.record.annotations.length]
      : e.type === "failed"
        ? [e.id, e.state, e.reason]
        : []
  )
  expect(short).toEqual([
    ["a", 2],
    ["b", "failed", "empty"],
    ["c", "failed", "unparsable"],
    ["d", 2],
    ["e", "failed", "rejected"]
  ])
  expect(events[0]).toMatchObject({ rejected: [{ line: "that is all", reason: "no separator" }] })
  expect(summary).toMatchObject({
    planned: 5,
    answered: 2,
    failed: 3,
    refused: 0,
    overBudget: 0,
    attempts: 4,
    annotations: 4
  })
  expect(summary.reasons).toEqual({ empty: 1, unparsable: 1, rejected: 1 })
})

test("a rerun asks nothing twice and gives the same records", async () => {
  const first = await run()
  const second = await run()
  expect(second.events).toEqual(first.events)
  expect(second.summary.attempts).toBe(0)
})

test("another model, parameter or prompt is another question", async () => {
  await run()
  expect((await run({ model: "n" })).summary.attempts).toBe(4)
  expect((await run({ temperature: 0 })).summary.attempts).toBe(4)
})

test("emptyIsNothing: an empty answer is an annotated sentence without annotations", async () => {
  await run()
  const { summary } = await run({ emptyIsNothing: true })
  expect(summary).toMatchObject({ answered: 3, failed: 2, attempts: 0 })
})

test("retryFailed asks again what failed", async () => {
  await run()
  expect((await run({ retryFailed: true })).summary.attempts).toBe(3)
})

test("leaving the loop early leaves a ledger that continues", async () => {
  const ledger = join(directory, "ledger.sqlite")
  for await (const event of annotate({ sentences, provider, model: "m", ledger })) if (event.type === "annotated") break
  const { summary } = await run()
  expect(summary).toMatchObject({ planned: 5, answered: 2, failed: 3 })
})

test("wrong options are refused by name", async () => {
  await expect(run({ concurrency: 0 })).rejects.toMatchObject({ _tag: "OptionError", option: "concurrency" })
  await expect(run({ maxTokenz: 1 } as Partial<AnnotateInput>)).rejects.toMatchObject({
    _tag: "OptionError",
    option: "maxTokenz"
  })
  await expect(run({ batch: true })).rejects.toMatchObject({ _tag: "OptionError", option: "batch" })
  await expect(run({ provider: "recorded" })).rejects.toMatchObject({ _tag: "OptionError", option: "answers" })
})
