import { afterEach, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { FakeLlm, type FakeLlmOptions } from "@nuner/testing"
import { Effect, Redacted } from "effect"
import { type AnnotateInput, annotate, bundledPrices, forecast, openai, priceOf, type Summary } from "../src/index.ts"
import { reserve } from "../src/ledger/sqlAttempts.ts"
import { overLedgers } from "./support/ledgers.ts"

let fake: FakeLlm
afterEach(() => fake?.stop())

const sentences = Array.from({ length: 60 }, (_, i) => ({
  id: `s${i}`,
  text: `Sentence ${i} was written by Ada in Paris.`
}))
const price = { input: 1000, output: 2000 }
const prices = { date: "2026-01-01", models: { m: price } }

const input = (ledger: string, server: FakeLlmOptions, options: Partial<AnnotateInput>): AnnotateInput => {
  fake = new FakeLlm({ price, ...server })
  const provider = openai({ apiKey: Redacted.make("k"), baseUrl: fake.openAiUrl })
  return { sentences, provider, model: "m", prices, ledger, maxTokens: 60, retrySeconds: 0.01, ...options }
}
const summaryOf = async (run: AnnotateInput): Promise<Summary> => {
  let summary: Summary | undefined
  for await (const event of annotate(run)) if (event.type === "summary") summary = event.summary
  if (summary === undefined) throw new Error("no summary")
  return summary
}
const balance = ({ planned, answered, failed, refused, overBudget }: Summary) =>
  expect(planned).toBe(answered + failed + refused + overBudget)

setDefaultTimeout(240_000)

overLedgers("budget", (newLedger) => {
  test("is a hard stop: what the provider charges is never more", async () => {
    const ledger = await newLedger()
    const all = await summaryOf(input(":memory:", {}, {}))
    const cost = fake.bill.dollars
    expect(all.cost).toBeCloseTo(cost, 9)
    expect(all.spent).toBeCloseTo(cost, 9)
    await fake.stop()

    const maxCost = cost / 2
    const half = await summaryOf(input(ledger, { latencyMs: 2 }, { maxCost }))
    balance(half)
    expect(half.overBudget).toBeGreaterThan(0)
    expect(half.answered).toBeGreaterThan(10)
    expect(fake.bill.dollars).toBeLessThanOrEqual(maxCost)
    expect(half.spent).toBeCloseTo(fake.bill.dollars, 9)
    await fake.stop()

    // A rerun counts what was spent before; a larger budget goes on where the first stopped.
    const again = await summaryOf(input(ledger, {}, { maxCost }))
    expect(again).toMatchObject({ attempts: 0, answered: half.answered, overBudget: half.overBudget })
    await fake.stop()
    const rest = await summaryOf(input(ledger, {}, { maxCost: cost * 4 }))
    expect(rest).toMatchObject({ answered: 60, attempts: half.overBudget })
  })

  test("is a job's own: what another spent on the same ledger is not counted", async () => {
    const ledger = await newLedger()
    const own = (text: string) => sentences.map((sentence) => ({ ...sentence, text: `${text} ${sentence.text}` }))
    const first = await summaryOf(input(ledger, {}, { sentences: own("One."), maxCost: 10, job: "first" }))
    expect(first.overBudget).toBeGreaterThan(0)
    await fake.stop()
    const second = await summaryOf(input(ledger, {}, { sentences: own("Two."), maxCost: 10, job: "second" }))
    expect(second.answered).toBe(first.answered)
    expect(second.spent).toBeCloseTo(fake.bill.dollars, 9)
    await fake.stop()
    const same = await summaryOf(input(ledger, {}, { sentences: own("Three."), maxCost: 10, job: "second" }))
    expect(same).toMatchObject({ answered: 0, overBudget: 60 })
  })

  test("holds when requests are charged that never arrive", async () => {
    const ledger = await newLedger()
    const maxCost = 15
    const summary = await summaryOf(
      input(
        ledger,
        { idempotency: false, fault: ({ attempt }) => (attempt === 1 ? { type: "reset" } : undefined) },
        { maxCost }
      )
    )
    balance(summary)
    expect(summary.overBudget).toBeGreaterThan(0)
    expect(fake.bill.dollars).toBeLessThanOrEqual(summary.spent)
    expect(summary.spent).toBeLessThanOrEqual(maxCost)
  })
})

test("a reservation that another worker ends between two looks does not end the run: there is money again", async () => {
  const answer = (spent: number) =>
    Effect.runPromise(
      reserve((text) => Effect.succeed(text.startsWith("select") ? [{ spent, reserved: 0 }] : []), "job", 1, 10)
    )
  expect(await answer(8)).toBe("Wait")
  expect(await answer(9.5)).toBe("OverBudget")
})

test("a budget needs a price", async () => {
  await expect(summaryOf(input(":memory:", {}, { model: "unheard-of", maxCost: 1 }))).rejects.toMatchObject({
    _tag: "OptionError",
    option: "maxCost"
  })
})

test("an endpoint that does not tell its usage is paid by an assumption on the high side", async () => {
  const summary = await summaryOf(input(":memory:", { usage: false }, { maxCost: 1000 }))
  expect(summary.answered).toBe(60)
  expect(summary.spent).toBeGreaterThanOrEqual(fake.bill.dollars)
})

test("the forecast sends nothing, knows what is known, and is right about the input", async () => {
  const run = input(":memory:", {}, {})
  const twice = [...sentences, ...sentences.slice(0, 5)]
  const before = await forecast({ ...run, sentences: twice })
  expect(fake.requests).toBe(0)
  const file = join(tmpdir(), `${crypto.randomUUID()}.sqlite`)
  expect((await forecast({ ...run, ledger: file })).requests).toBe(60)
  expect(existsSync(file)).toBe(false)
  expect(before).toMatchObject({ sentences: 65, repeated: 5, known: 0, requests: 60, pricesOf: "2026-01-01" })
  const { spent } = await summaryOf(run)
  expect(before.inputTokens / fake.bill.inputTokens).toBeWithin(0.8, 1.2)
  expect(before.costAtMost).toBeGreaterThan(spent)
})

test("the bundled prices: exact names and dated snapshots, nothing else", () => {
  expect(priceOf(bundledPrices, "gpt-4o-mini")).toEqual(priceOf(bundledPrices, "gpt-4o-mini-2024-07-18")!)
  expect(priceOf(bundledPrices, "claude-3-haiku-20240307")?.input).toBe(0.25)
  expect(priceOf(bundledPrices, "gpt-4o-maxi")).toBeUndefined()
})
