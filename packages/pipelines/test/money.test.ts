import { afterAll, expect, test } from "bun:test"
import { existsSync, writeFileSync } from "node:fs"
import { FakeLlm, tempDir } from "@nuner/testing"
import { inProcess } from "./support/inProcess.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)
process.env.OPENAI_API_KEY = "sk-test"
const fake = new FakeLlm({ price: { input: 0.15, output: 0.6 } })
afterAll(async () => {
  await fake.stop()
  folder[Symbol.dispose]()
})
writeFileSync(at("texts.txt"), Array.from({ length: 30 }, (_, i) => `Ada wrote letter ${i} to Paris.\n`).join(""))
const llm = ["--provider", "openai", "--model", "gpt-4o-mini", "--base-url", fake.openAiUrl]

test("nuner preview: sentences from all over with their entities, the measured cost, that of the rest; annotate asks for the rest alone", async () => {
  const args = [at("texts.txt"), "--out", at("run/a.jsonl"), ...llm]
  const { code, out } = await inProcess("preview", ...args, "--count", "3")
  expect({ code, requests: fake.bill.requests }).toEqual({ code: 0, requests: 3 })
  for (const n of [0, 10, 20]) expect(out).toContain(`[Ada|name] wrote letter ${n} to [Paris|name].`)
  const [, cost, each] = /27 sentences are left: about \$([\d.]+) \(measured: \$([\d.]+) a sentence\)/.exec(out)!
  expect(Number(each)).toBeCloseTo(fake.bill.dollars / 3, 6)
  expect(Number(cost)).toBeCloseTo(9 * fake.bill.dollars, 5)
  expect(existsSync(at("run/a.jsonl"))).toBe(false)
  expect((await inProcess("annotate", ...args)).code).toBe(0)
  expect(fake.bill.requests).toBe(30)
})

test("before a long run that is paid, preview is offered", async () => {
  const offered = async (sentences: number) => {
    writeFileSync(at("long.txt"), Array.from({ length: sentences }, (_, i) => `Ada wrote letter ${i}.\n`).join(""))
    return (await inProcess("annotate", at("long.txt"), "--out", at(`${sentences}/a.jsonl`), ...llm)).err
  }
  expect(await offered(201)).toContain("nuner preview with the same flags")
  expect(await offered(200)).not.toContain("nuner preview")
})

test("a forecast counts OpenAI's tokens, and says how sure it is of others'", async () => {
  const tokensBy = async (model: string) => {
    const args = ["annotate", at("texts.txt"), "--out", at("dry/a.jsonl"), ...llm.with(3, model), "--dry-run", "--json"]
    return JSON.parse((await inProcess(...args)).out)
  }
  const { inputTokens, tokensBy: how } = await tokensBy("gpt-4o-mini")
  expect(how).toBe("counted with o200k_base")
  const estimate = await tokensBy("llama3")
  // English prose has 4.5 to 5 characters a token there; the estimate has 4.
  expect(estimate.inputTokens / inputTokens).toBeWithin(1.1, 1.3)
  expect((await tokensBy("gpt-3.5-turbo")).tokensBy).toBe("counted with cl100k_base")
  expect(estimate.tokensBy).toContain("15 to 31 % too many")
})

test("nuner prices: those that come with it; a fresh table from LiteLLM's, used for a budget", async () => {
  expect((await inProcess("prices")).out).toMatch(/of 2025-01-15, \d+ days ago; .*not checked[\s\S]*\| gpt-4o-mini /)
  const theirs = {
    sample_spec: { input_cost_per_token: 0, output_cost_per_token: 0 },
    "new-model": { input_cost_per_token: 1.5e-7, output_cost_per_token: 6e-7, input_cost_per_token_batches: 7.5e-8 },
    "dall-e": { input_cost_per_pixel: 1 }
  }
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json(theirs) })
  try {
    const from = `${server.url}prices.json?token=secret`
    expect((await inProcess("prices", "--from", from, "--out", at("prices.json"))).code).toBe(0)
  } finally {
    await server.stop(true)
  }
  const table = await Bun.file(at("prices.json")).json()
  expect(table.models).toEqual({ "new-model": { input: 0.15, output: 0.6, batchFactor: 0.5 } })
  expect(table.source).toMatch(/^http:\/\/127.0.0.1:\d+\/prices.json\?token=\*\*\*$/)
  const priced = ["annotate", at("texts.txt"), "--out", at("p/a.jsonl"), ...llm.with(3, "new-model"), "--max-cost", "1"]
  expect((await inProcess(...priced)).err).toContain('does not know the model "new-model"')
  process.env.NUNER_PRICES = at("prices.json")
  try {
    expect((await inProcess(...priced)).code).toBe(0)
  } finally {
    delete process.env.NUNER_PRICES
  }
  expect(await inProcess("prices", "--from", at("texts.txt"), "--out", at("x.json"))).toMatchObject({ code: 1 })
  expect((await inProcess("prices", "--out", at("x.json"))).err).toContain('option "from"')
})
