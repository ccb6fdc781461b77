import { afterEach, describe, expect, test } from "bun:test"
import { FakeLlm, type FakeLlmOptions, type LlmFault } from "@nuner/testing"
import { Redacted } from "effect"
import {
  type AnnotateEvent,
  type AnnotateOptionsInput,
  annotate,
  anthropic,
  type LlmShape,
  openai,
  structured
} from "../src/index.ts"

const SECRET = "sk-very-secret-key"
const apiKey = Redacted.make(SECRET)

const providers: ReadonlyArray<readonly [string, (fake: FakeLlm) => LlmShape]> = [
  ["openai", (fake) => openai({ apiKey, baseUrl: fake.openAiUrl })],
  ["openai-responses", (fake) => openai({ apiKey, baseUrl: fake.openAiUrl, api: "responses" })],
  [
    "openai-compatible",
    (fake) => openai({ apiKey, baseUrl: fake.openAiUrl, maxTokensField: "max_tokens", batch: false })
  ],
  ["anthropic", (fake) => anthropic({ apiKey, baseUrl: fake.url })]
]

let fake: FakeLlm
afterEach(() => fake.stop())

const sentences = ["Paris lies in France.", "The Falcons signed Steven Means.", "Ada wrote to Babbage."].map(
  (text, i) => ({ id: `s${i}`, text })
)

const run = async (
  make: (fake: FakeLlm) => LlmShape,
  server: FakeLlmOptions = {},
  options: Partial<AnnotateOptionsInput & { prompt: typeof structured }> = {}
) => {
  fake = new FakeLlm(server)
  const events: Array<AnnotateEvent> = []
  const input = { sentences, provider: make(fake), model: "m", ledger: ":memory:", retrySeconds: 0.02, ...options }
  for await (const event of annotate(input)) if (event.type !== "progress") events.push(event)
  const summary = events.pop()
  if (summary?.type !== "summary") throw new Error("no summary")
  return { events, summary: summary.summary, records: events.map((e) => (e.type === "annotated" ? e.record : e)) }
}

/** The first attempt at every key meets the fault. */
const once = (fault: LlmFault): FakeLlmOptions => ({ fault: ({ attempt }) => (attempt === 1 ? fault : undefined) })
const always = (fault: LlmFault): FakeLlmOptions => ({ fault: () => fault })

describe.each(providers)("%s", (name, make) => {
  test("annotates, and counts usage", async () => {
    const { events, summary } = await run(make)
    expect(events[0]).toMatchObject({
      type: "annotated",
      record: {
        id: "s0",
        text: sentences[0]!.text,
        annotations: [
          { entity: "Paris", concept: "name" },
          { entity: "France", concept: "name" }
        ]
      }
    })
    expect(summary).toMatchObject({ planned: 3, answered: 3, attempts: 3, retries: 0 })
    expect(summary.inputTokens).toBe(fake.bill.inputTokens)
    expect(summary.outputTokens).toBe(fake.bill.outputTokens)
  })

  test("structured output gives the same records", async () => {
    const lines = await run(make)
    await fake.stop()
    const json = await run(make, {}, { prompt: structured })
    expect(json.records).toEqual(lines.records)
    expect(JSON.stringify(fake.calls[0]!.body)).toContain('"additionalProperties":false')
  })

  test("sends the content address as idempotency key, and the key only as authorization", async () => {
    const { events } = await run(make)
    const addresses = events.map((event) => ("address" in event ? event.address : ""))
    expect(fake.calls.map((call) => call.key).sort()).toEqual(addresses.sort())
    for (const { headers, body } of fake.calls) {
      expect(headers.get("x-stainless-retry-count")).toBe("0")
      expect(JSON.stringify(body)).not.toContain(SECRET)
    }
    expect(JSON.stringify(events)).not.toContain(SECRET)
  })

  test.each<[string, LlmFault]>([
    ["429 with retry-after-ms", { type: "rate limit", retryAfterMs: 20 }],
    ["429 with retry-after", { type: "rate limit", retryAfterSeconds: 0.02 }],
    ["429 without", { type: "rate limit" }],
    ["408", { type: "status", status: 408 }],
    ["409", { type: "status", status: 409 }],
    ["500", { type: "status", status: 500 }],
    ["529", { type: "status", status: 529 }],
    ["a connection that breaks in the body", { type: "reset" }]
  ])("tries again after %s", async (_, fault) => {
    const { summary } = await run(make, once(fault))
    expect(summary).toMatchObject({ answered: 3, failed: 0, attempts: 6, retries: 3 })
    expect(fake.bill.requests).toBe(3)
  })

  test("waits as long as retry-after says, with everything", async () => {
    let limitedAt = 0
    const early: Array<number> = []
    await run(
      make,
      {
        fault: ({ attempt, sentence }) => {
          const now = performance.now()
          if (sentence === sentences[0]!.text && attempt === 1) {
            limitedAt = now
            return { type: "rate limit", retryAfterMs: 300 }
          }
          if (limitedAt > 0 && now - limitedAt < 290) early.push(now - limitedAt)
          return undefined
        }
      },
      { concurrency: 1 }
    )
    expect(early).toEqual([])
  })

  test("gives up a hanging request after timeoutSeconds, and tries again", async () => {
    const { summary } = await run(make, once({ type: "hang" }), { timeoutSeconds: 0.2 })
    expect(summary).toMatchObject({ answered: 3, retries: 3 })
  })

  test.each<[string, FakeLlmOptions, string, string]>([
    ["refusal", always({ type: "refusal" }), "refused", "refusal"],
    ["truncated answer", always({ type: "length" }), "failed", "truncated"],
    ["empty answer", always({ type: "text", text: " \n" }), "failed", "empty"],
    ["unparsable answer", always({ type: "text", text: "I would say Paris." }), "failed", "unparsable"],
    ["broken JSON", always({ type: "malformed" }), "failed", "malformed response"],
    ["400", always({ type: "status", status: 400 }), "failed", "rejected"],
    ["413", always({ type: "status", status: 413 }), "failed", "rejected"]
  ])("a %s is a record with a reason, and not tried again", async (_, server, state, reason) => {
    const { events, summary } = await run(make, server)
    expect(events.map((e) => (e.type === "failed" ? [e.id, e.state, e.reason] : e.type))).toEqual([
      ["s0", state, reason],
      ["s1", state, reason],
      ["s2", state, reason]
    ])
    expect(summary.attempts).toBe(3)
    expect(summary.reasons).toEqual({ [reason]: 3 })
  })

  test("content filter", async () => {
    const { summary } = await run(make, always({ type: "content filter" }))
    expect(summary).toMatchObject({ planned: 3, refused: 3 })
  })

  test("retries end: the sentence fails, the run does not", async () => {
    const { summary } = await run(
      make,
      { fault: ({ sentence }) => (sentence.startsWith("Ada") ? { type: "status", status: 503 } : undefined) },
      { maxRetries: 1 }
    )
    expect(summary).toMatchObject({ answered: 2, failed: 1, reasons: { overloaded: 1 }, retries: 1 })
  })

  test("a wrong key stops the run with one line, without the key", async () => {
    const error = await run(make, always({ type: "status", status: 401 })).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ _tag: "LlmError" })
    expect(String(error)).toContain("401")
    expect(String(error)).not.toContain(SECRET)
    expect(String(error)).not.toContain("\n")
    expect(name).toBeString()
  })
})

test("a server that is not there is unreachable, and is tried again", async () => {
  fake = new FakeLlm()
  const provider = openai({ apiKey, baseUrl: "http://127.0.0.1:9/v1" })
  const events = await Array.fromAsync(
    annotate({
      sentences: sentences.slice(0, 1),
      provider,
      model: "m",
      ledger: ":memory:",
      maxRetries: 1,
      retrySeconds: 0.02
    })
  )
  expect(events.find((event) => event.type === "failed")).toMatchObject({ reason: "unreachable" })
})

test("OpenAI-compatible servers: max_tokens, and no usage in the answer", async () => {
  const { summary } = await run(providers[2]![1], { usage: false })
  expect(summary).toMatchObject({ answered: 3, inputTokens: 0, outputTokens: 0, cost: null })
  expect(fake.calls[0]!.body).toMatchObject({ max_tokens: 1024 })
  expect(fake.calls[0]!.body).not.toHaveProperty("max_completion_tokens")
})

test("parameters reach each API by its own names", async () => {
  const sampling = { temperature: 0.3, topP: 0.9 }
  const asked: ReadonlyArray<readonly [number, Partial<AnnotateOptionsInput>, object]> = [
    [
      0,
      { ...sampling, seed: 5 },
      { temperature: 0.3, top_p: 0.9, seed: 5, max_completion_tokens: 77, reasoning_effort: "low" }
    ],
    [1, sampling, { temperature: 0.3, top_p: 0.9, max_output_tokens: 77, reasoning: { effort: "low" } }],
    [3, {}, { max_tokens: 77, output_config: { effort: "low" } }]
  ]
  for (const [provider, options, body] of asked) {
    await run(providers[provider]![1], {}, { ...options, maxTokens: 77, effort: "low" })
    expect(fake.calls[0]!.body).toMatchObject(body)
    await fake.stop()
  }
})

test("parameters an API does not have are refused by name", async () => {
  await expect(run(providers[3]![1], {}, { temperature: 0 })).rejects.toMatchObject({
    _tag: "OptionError",
    option: "temperature"
  })
  await expect(run(providers[1]![1], {}, { seed: 1 })).rejects.toMatchObject({ _tag: "OptionError", option: "seed" })
  await expect(run(providers[2]![1], {}, { batch: true })).rejects.toMatchObject({
    _tag: "OptionError",
    option: "batch"
  })
})
