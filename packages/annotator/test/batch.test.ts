import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test"
import { type BatchFault, FakeLlm, type FakeLlmOptions } from "@nuner/testing"
import { Redacted } from "effect"
import {
  type AnnotateInput,
  annotate,
  anthropic,
  cancelBatches,
  type LlmShape,
  openai,
  type Summary,
  structured
} from "../src/index.ts"
import { overLedgers } from "./support/ledgers.ts"

const apiKey = Redacted.make("k")
const providers: ReadonlyArray<readonly [string, (fake: FakeLlm) => LlmShape, (fake: FakeLlm) => number]> = [
  ["openai", (fake) => openai({ apiKey, baseUrl: fake.openAiUrl }), (fake) => fake.openAiBatches.batches.size],
  [
    "openai-responses",
    (fake) => openai({ apiKey, baseUrl: fake.openAiUrl, api: "responses" }),
    (fake) => fake.openAiBatches.batches.size
  ],
  ["anthropic", (fake) => anthropic({ apiKey, baseUrl: fake.url }), (fake) => fake.anthropicBatches.batches.size]
]

let fake: FakeLlm
afterEach(() => fake?.stop())

const price = { input: 100, output: 200 }
const prices = { date: "2026-01-01", models: { m: { ...price, batchFactor: 0.5 } } }
const sentences = Array.from({ length: 50 }, (_, i) => ({ id: `s${i}`, text: `Sentence ${i} was written by Ada.` }))

const input = (
  make: (fake: FakeLlm) => LlmShape,
  ledger: string,
  server: FakeLlmOptions = {},
  options: Partial<AnnotateInput> = {}
): AnnotateInput => {
  fake = new FakeLlm({ price, ...server })
  return {
    ...{ sentences, provider: make(fake), model: "m", prices, ledger, batch: true, batchSize: 20 },
    ...{ pollSeconds: 0.05, retrySeconds: 0.01, ...options }
  }
}
const run = async (options: AnnotateInput): Promise<{ ids: Array<string>; summary: Summary }> => {
  const ids: Array<string> = []
  let summary: Summary | undefined
  for await (const event of annotate(options)) {
    if (event.type === "annotated") ids.push(event.record.id)
    if (event.type === "summary") summary = event.summary
  }
  if (summary === undefined) throw new Error("no summary")
  return { ids, summary }
}
const first = (fault: BatchFault): FakeLlmOptions => ({ batchFault: (n) => (n === 0 ? fault : undefined) })

setDefaultTimeout(60_000)

test("a batch is looked at every `pollSeconds` at the latest", async () => {
  const options = input(providers[0]![1], ":memory:", { batchMs: 1500 }, { batchSize: 50 })
  const real = providers[0]![1](fake)
  let looks = 0
  const status: NonNullable<LlmShape["batch"]>["status"] = (id) => {
    looks++
    return real.batch!.status(id)
  }
  await run({ ...options, provider: { ...real, batch: { ...real.batch!, status } } })
  expect(looks).toBeGreaterThan(3) // those of a run that waits for seconds: at once, after 1 and after 2.5
})

overLedgers("batches", (newLedger) => {
  describe.each(providers)("%s", (_, make, batches) => {
    const check = (
      name: string,
      server: FakeLlmOptions,
      body: (result: { ids: Array<string>; summary: Summary }, options: AnnotateInput) => void | Promise<void>,
      more: Partial<AnnotateInput> = {}
    ) =>
      test(name, async () => {
        const ledger = await newLedger()
        const options = input(make, ledger, server, more)
        await body(await run(options), options)
      })

    check("chunks, collects out of order, pays half", { batchMs: 100 }, async ({ ids, summary }, options) => {
      expect(ids).toEqual(sentences.map(({ id }) => id))
      expect(summary).toMatchObject({ answered: 50, attempts: 50, failed: 0 })
      expect(batches(fake)).toBe(3)
      expect(summary.cost).toBeCloseTo(fake.bill.dollars, 9)
      expect(summary.inputTokens).toBe(fake.bill.inputTokens)
      expect((await run(options)).summary).toMatchObject({ answered: 50, attempts: 0 })
    })

    check("rows that come twice count once", first({ duplicateRows: 5 }), ({ summary }) => {
      expect(summary).toMatchObject({ answered: 50, attempts: 50 })
      expect(summary.inputTokens).toBe(fake.bill.inputTokens)
    })

    check("rows that never come are asked again", first({ missingRows: 7 }), ({ summary }) => {
      expect(summary).toMatchObject({ answered: 50, attempts: 57 })
    })

    check("rows that failed in passing are asked again", first({ erroredRows: 4 }), ({ summary }) => {
      expect(summary).toMatchObject({ answered: 50, attempts: 54 })
    })

    check(
      "an expired batch: what was done is kept, the rest asked again",
      first({ expiredRows: 15 }),
      ({ summary }) => {
        expect(summary).toMatchObject({ answered: 50, attempts: 65 })
        expect(fake.bill.requests).toBe(50)
      }
    )

    check(
      "what keeps expiring fails in the end",
      { batchFault: () => ({ expiredRows: 100 }) },
      ({ summary }) => expect(summary).toMatchObject({ failed: 50, reasons: { expired: 50 }, attempts: 100 }),
      { maxRetries: 1 }
    )

    check(
      "a submission whose confirmation is lost is found, not repeated",
      first({ loseConfirmation: true }),
      ({ summary }) => {
        expect(summary).toMatchObject({ answered: 50, attempts: 50 })
        expect(batches(fake)).toBe(3)
        expect(fake.bill.requests).toBe(50)
      }
    )

    check("structured output", {}, ({ summary }) => expect(summary.answered).toBe(50), { prompt: structured })

    check(
      "a budget stops batches too",
      {},
      ({ summary }) => {
        expect(summary.overBudget).toBeGreaterThan(0)
        expect(summary.answered).toBeGreaterThan(0)
        expect(summary.planned).toBe(summary.answered + summary.overBudget)
        expect(fake.bill.dollars).toBeLessThanOrEqual(0.3)
      },
      { maxCost: 0.3, maxTokens: 60 }
    )

    test.each([true, false])("a new run picks up what an earlier one submitted (batch: %p)", async (batch) => {
      const ledger = await newLedger()
      const options = input(make, ledger, { batchMs: 700 })
      for await (const event of annotate({ ...options, progressSeconds: 0.05 })) {
        if (event.type === "progress" && event.progress.inBatch === 50) break
        if (event.type === "annotated") throw new Error("too early")
      }
      const { batchSize: _, ...direct } = options
      const { summary } = await run(batch ? options : { ...direct, batch })
      expect(summary).toMatchObject({ answered: 50, attempts: 0 })
      expect(batches(fake)).toBe(3)
      expect(fake.bill.requests).toBe(50)
    })

    test.each(["annotate", "cancel"])("that is gone is given up by %s, charged, and asked again", async (by) => {
      const ledger = await newLedger()
      const options = input(make, ledger, { batchMs: 300 })
      for await (const event of annotate({ ...options, batchSize: 50, progressSeconds: 0.05 }))
        if (event.type === "progress" && event.progress.inBatch === 50) break
      fake.openAiBatches.batches.clear()
      fake.anthropicBatches.batches.clear()
      const { sentences: _, ...job } = options
      if (by === "cancel") expect(await cancelBatches(job)).toBe(1)
      const { summary } = await run(options)
      expect(summary).toMatchObject({ answered: 50, attempts: 50, lost: by === "cancel" ? 0 : 50 })
      expect(summary.spent).toBeGreaterThan(2 * (summary.cost ?? Number.POSITIVE_INFINITY))
    })

    test("where there are no batches at all the address is wrong: nothing is given up", async () => {
      const ledger = await newLedger()
      const options = input(make, ledger, { batchMs: 300 })
      for await (const event of annotate({ ...options, progressSeconds: 0.05 }))
        if (event.type === "progress" && event.progress.inBatch === 50) break
      const elsewhere = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("", { status: 404 }) })
      const astray = make({ openAiUrl: `${elsewhere.url}v1`, url: elsewhere.url.origin } as FakeLlm)
      const { sentences: _, ...job } = options
      await expect(run({ ...options, provider: astray })).rejects.toThrow("check the model name and the base URL")
      await expect(cancelBatches({ ...job, provider: astray })).rejects.toThrow("check the model name and the base URL")
      await elsewhere.stop(true)
      expect((await run(options)).summary).toMatchObject({ answered: 50, attempts: 0, lost: 0 })
    })

    test("cancelling: nothing more is charged, a later run asks again", async () => {
      const ledger = await newLedger()
      const options = input(make, ledger, { batchMs: 60_000 })
      for await (const event of annotate({ ...options, progressSeconds: 0.05 }))
        if (event.type === "progress" && event.progress.inBatch === 50) break
      const { sentences: _, ...job } = options
      expect(await cancelBatches(job)).toBe(3)
      expect((await run(options)).summary).toMatchObject({ failed: 50, reasons: { cancelled: 50 }, cost: 0 })
      expect(fake.bill.requests).toBe(0)
    })
  })

  test("Anthropic keeps the results of a batch no longer: it is given up", async () => {
    const ledger = await newLedger()
    const options = input(providers[2]![1], ledger, first({ noResults: true }), { batchSize: 50 })
    expect((await run(options)).summary).toMatchObject({ answered: 50, attempts: 100, lost: 50 })
  })

  test("OpenAI refuses a whole batch: every sentence is a record, and a rerun asks again", async () => {
    const ledger = await newLedger()
    const options = input(providers[0]![1], ledger, first({ invalid: true }))
    const { summary } = await run(options)
    expect(summary).toMatchObject({ answered: 30, failed: 20, reasons: { "batch refused": 20 } })
    expect((await run(options)).summary).toMatchObject({ answered: 50, attempts: 20 })
  })
})

test("a request is serialised once to be measured, however many passes a batch takes to fill", async () => {
  fake = new FakeLlm({ price })
  const real = openai({ apiKey, baseUrl: fake.openAiUrl })
  let measured = 0
  const size: NonNullable<LlmShape["batch"]>["size"] = (request) => {
    measured++
    return real.batch!.size(request)
  }
  const many = Array.from({ length: 2500 }, (_, i) => ({ id: `s${i}`, text: `Sentence ${i} was written by Ada.` }))
  const { summary } = await run({
    ...{ sentences: many, provider: { ...real, batch: { ...real.batch!, size } }, model: "m", prices },
    ...{ ledger: ":memory:", batch: true, batchSize: 1100, pollSeconds: 0.05 }
  })
  expect(summary.answered).toBe(2500)
  expect(measured).toBe(2500)
  expect([...fake.openAiBatches.batches.values()].map(({ lines }) => lines.length)).toEqual([1100, 1100, 300])
})
