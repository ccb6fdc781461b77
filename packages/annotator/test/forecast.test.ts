import { expect, test } from "bun:test"
import { FakeLlm } from "@nuner/testing"
import { Redacted } from "effect"
import { annotate, anthropic, datedPrices, forecast, formatForecast } from "../src/index.ts"

const prices = { date: "2026-01-01", models: { m: { input: 100, output: 200 } } }
const sentencesOf = (n: number) =>
  Array.from({ length: n }, (_, i) => ({ id: `s${i}`, text: `Sentence ${i} is by Ada ${"and Grace ".repeat(i % 7)}.` }))
const input = (fake: FakeLlm, n: number) => ({
  ...{ sentences: sentencesOf(n), provider: anthropic({ apiKey: Redacted.make("k"), baseUrl: fake.url }) },
  ...{ model: "m", prices, ledger: ":memory:" }
})

test("where the provider counts tokens, a forecast says what is then charged", async () => {
  const fake = new FakeLlm()
  try {
    const said = await forecast(input(fake, 12))
    expect(fake.calls).toEqual([])
    for await (const _ of annotate(input(fake, 12)));
    expect(said).toMatchObject({ requests: 12, inputTokens: fake.bill.inputTokens, tokensBy: "counted by anthropic" })
    expect(said.cost).toBeCloseTo((said.inputTokens * 100 + said.outputTokens * 200) / 1e6, 12)
  } finally {
    await fake.stop()
  }
})

test("of many requests a sample is counted, and the error that is stated holds", async () => {
  const fake = new FakeLlm()
  try {
    const said = await forecast(input(fake, 300))
    const [, error] = /^20 of 300 requests counted by anthropic, good to ([\d.]+) %$/.exec(said.tokensBy) ?? []
    for await (const _ of annotate(input(fake, 300)));
    const off = 100 * Math.abs(said.inputTokens / fake.bill.inputTokens - 1)
    expect(off).toBeLessThanOrEqual(Number(error) + 0.1)
    // The estimate alone is further off than that.
    const alone = await forecast({
      ...input(fake, 300),
      provider: { ...input(fake, 1).provider, countTokens: undefined! }
    })
    expect(100 * Math.abs(alone.inputTokens / fake.bill.inputTokens - 1)).toBeGreaterThan(Number(error) + 0.1)
  } finally {
    await fake.stop()
  }
})

test("where the provider does not count, the estimate and its error are told, with what the provider said", async () => {
  const fake = new FakeLlm({ countTokens: false })
  try {
    const said = await forecast(input(fake, 3))
    expect(said.tokensBy).toMatch(/^4 characters a token: .* \(anthropic did not count: no such path: .*\)$/)
    expect(formatForecast(said)).toMatch(/\(prices of 2026-01-01, \d+ days ago\)$/)
  } finally {
    await fake.stop()
  }
})

test("a table of prices says how old it is", () => {
  expect(datedPrices("2026-01-01", Date.parse("2026-03-02T12:00:00Z"))).toBe("2026-01-01, 60 days ago")
  expect(datedPrices("spring")).toBe("spring")
})
