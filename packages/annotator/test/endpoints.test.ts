import { afterEach, describe, expect, setDefaultTimeout, spyOn, test } from "bun:test"
import { Effect, Redacted } from "effect"
import { makeLimiter } from "../src/flow/limiter.ts"
import { mayRetry } from "../src/flow/retryDelay.ts"
import {
  type Annotated,
  type AnnotateInput,
  annotate,
  anthropic,
  type Failed,
  Ledger,
  type LedgerShape,
  LlmError,
  openai,
  type Summary
} from "../src/index.ts"
import { reasonOfStatus } from "../src/llm/sdkErrors.ts"

setDefaultTimeout(60_000)

const apiKey = Redacted.make("sk-0123456789")
const sentences = [{ id: "s", text: "Paris lies in France." }]
const prices = { date: "2026-01-01", models: { m: { input: 1000, output: 1000 } } }

let server: Bun.Server<undefined> | undefined
let requests = 0
afterEach(async () => {
  await server?.stop(true)
  server = undefined
})

/** A server that says what it is told to say, to the n-th request from 1; its address. */
const says = (response: (n: number) => Response | Promise<Response>): string => {
  requests = 0
  server = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 0, fetch: () => response(++requests) })
  return `http://127.0.0.1:${server.port}`
}
const chat = (baseUrl: string) => openai({ apiKey, baseUrl: `${baseUrl}/v1` })

const run = async (provider: AnnotateInput["provider"], options: Partial<AnnotateInput> = {}) => {
  const annotated: Array<Annotated> = []
  const failed: Array<Failed> = []
  let summary: Summary | undefined
  const input = { sentences, model: "m", ledger: ":memory:", prices, maxRetries: 1, retrySeconds: 0.01, ...options }
  for await (const event of annotate({ provider, ...input })) {
    if (event.type === "annotated") annotated.push(event)
    if (event.type === "failed") failed.push(event)
    if (event.type === "summary") summary = event.summary
  }
  if (summary === undefined) throw new Error("no summary")
  return { annotated, failed, summary }
}
const errorOf = (...input: Parameters<typeof run>) =>
  run(...input).then(
    () => "it went well",
    (error: unknown) => String(error)
  )

describe("what a failed try counts as", () => {
  test.each([
    ["a closed port", "http://127.0.0.1:9/v1"],
    ["a name without an address", "http://nowhere.invalid/v1"]
  ])("%s: nothing, and it is tried again", async (_, baseUrl) => {
    const { failed, summary } = await run(openai({ apiKey, baseUrl }), { maxCost: 100 })
    expect(failed[0]!.reason).toBe("unreachable")
    expect(summary).toMatchObject({ attempts: 2, spent: 0 })
  })

  test("TLS that the server does not speak: nothing", async () => {
    const baseUrl = says(() => new Response("")).replace("http:", "https:")
    expect((await run(chat(baseUrl))).summary).toMatchObject({ attempts: 2, spent: 0 })
  })

  test.each([408, 504, 524])("%i: what it may cost at most, because the work was begun", async (status) => {
    const { summary } = await run(chat(says(() => new Response("", { status }))))
    expect(summary.attempts).toBe(2)
    expect(summary.spent).toBeGreaterThan(0)
  })

  test.each([409, 500, 502, 503, 529])("%i: nothing", async (status) => {
    const { summary } = await run(chat(says(() => new Response("", { status }))))
    expect(summary).toMatchObject({ attempts: 2, spent: 0 })
  })

  test.each([
    ["an address that is none", openai({ apiKey, baseUrl: "nowhere" })],
    ["another protocol", openai({ apiKey, baseUrl: "htp://127.0.0.1/v1" })],
    ["a key that fits into no header", anthropic({ apiKey: Redacted.make("sk-0123\n456789"), baseUrl: "http://a" })]
  ])("%s ends the run", async (_, provider) => {
    expect(await errorOf(provider)).toContain("check the base URL, and the key")
  })
})

const line = "Paris <> city"
const paris = [{ entity: "Paris", concept: "city" }]
const usage = { prompt_tokens: 200, completion_tokens: 40, total_tokens: 240 }
const completion = (message: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: line, ...message } }],
  usage,
  ...more
})
const json = (body: unknown) => says(() => Response.json(body))

describe("usage", () => {
  test.each([
    ["as it should be", usage, 200, 40],
    ["with thoughts in the total alone", { ...usage, total_tokens: 1240 }, 200, 1040],
    ["with a total that says less", { ...usage, total_tokens: 0 }, 200, 40],
    ["without the output, which the total knows", { prompt_tokens: 200, total_tokens: 240 }, 200, 40],
    ["in fractions", { prompt_tokens: 10.5, completion_tokens: 3, total_tokens: 13.5 }, 11, 3]
  ])("%s", async (_, usage, inputTokens, outputTokens) => {
    const { summary } = await run(chat(json(completion({}, { usage }))))
    expect(summary).toMatchObject({
      answered: 1,
      inputTokens,
      outputTokens,
      spent: (inputTokens + outputTokens) / 1000
    })
  })

  test.each([
    ["empty", {}],
    ["null", null],
    ["a word", "many"],
    ["without output", { prompt_tokens: 10, completion_tokens: null, total_tokens: 10 }]
  ])("%s: the answer is kept, and counts as what it costs at most", async (_, usage) => {
    const { annotated, summary } = await run(chat(json(completion({}, { usage }))))
    expect(annotated[0]!.record.annotations).toEqual(paris)
    expect(summary.spent).toBeGreaterThan(0.1)
  })
})

test("an answer in parts is what they have of text", async () => {
  const thinking = { type: "thinking", thinking: [{ type: "text", text: "Rome <> city" }] }
  const { annotated } = await run(chat(json(completion({ content: [thinking, { type: "text", text: line }] }))))
  expect(annotated[0]!.record.annotations).toEqual(paris)
})

describe("a body that is no answer", () => {
  test.each([
    ["a page", new Response(`<html>${"Sign in ".repeat(500)}`, { headers: { "content-type": "text/html" } })],
    ["another object", Response.json({ choices: [], told: "Sign in ".repeat(500) })]
  ])("%s is quoted, a kilobyte of it", async (_, response) => {
    const { failed, summary } = await run(chat(says(() => response.clone())))
    expect(failed[0]!.reason).toBe("malformed response")
    expect(failed[0]!.detail).toContain("Sign in Sign in")
    expect(failed[0]!.detail!.length).toBeWithin(1000, 1100)
    expect(summary.attempts).toBe(1)
  })

  test("repeats no key", async () => {
    const { failed } = await run(chat(json({ told: "sk-0123456789" })))
    expect(failed[0]!.detail).toContain('{"told":"<key>"}')
  })

  test.each([
    ["a code", { error: { message: "upstream overloaded", code: 502 } }, "upstream overloaded (502)"],
    ["no code", { error: { message: "boom" }, choices: null }, "boom (500)"],
    ["a word", { error: "boom" }, "boom (500)"],
    [
      "Anthropic's type",
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
      "Overloaded (529, overloaded_error)"
    ]
  ])("an error with %s: tried again, in the provider's words, for nothing", async (_, body, detail) => {
    for (const of of [chat, (baseUrl: string) => anthropic({ apiKey, baseUrl })]) {
      const { failed, summary } = await run(of(json(body)))
      expect(failed[0]!.detail).toBe(detail)
      expect(summary).toMatchObject({ attempts: 2, spent: 0 })
      await server?.stop(true)
    }
  })

  test("an error that no request can escape ends the run", async () => {
    const error = { message: "No auth credentials found", code: 401 }
    expect(await errorOf(chat(json({ error })))).toContain("check the key")
  })
})

describe("how an answer ends", () => {
  const ending = (finish_reason: unknown) =>
    completion({}, { choices: [{ ...completion().choices[0], finish_reason }] })
  test.each([
    "stop",
    "STOP",
    "eos",
    "eos_token",
    "stop_sequence",
    "end_turn",
    "COMPLETE",
    "tool_calls",
    "",
    null,
    undefined
  ])("%p: by itself", async (reason) => {
    expect((await run(chat(json(ending(reason))))).summary.answered).toBe(1)
  })

  test.each([
    ["length", "truncated"],
    ["model_length", "truncated"],
    ["MAX_TOKENS", "truncated"],
    ["content_filter: SAFETY", "content filter"]
  ])("%s: %s", async (reason, known) => {
    expect((await run(chat(json(ending(reason))))).failed[0]!.reason).toBe(known)
  })

  test.each(["error", "insufficient_system_resource", "abort"])(
    "%s: tried again, and may be charged",
    async (reason) => {
      const { failed, summary } = await run(chat(json(ending(reason))))
      expect(failed[0]).toMatchObject({ reason: "overloaded", detail: `the answer broke off: "${reason}"` })
      expect(summary.attempts).toBe(2)
      expect(summary.spent).toBeGreaterThan(0)
    }
  )

  test("an error of the choice is told in its words", async () => {
    const choice = { finish_reason: "error", error: { code: 502, message: "upstream died" }, message: { content: "" } }
    expect((await run(chat(json({ choices: [choice] })))).failed[0]!.detail).toBe("upstream died (502)")
  })

  test.each([
    [{ status: "failed", error: { code: "server_error", message: "boom" } }, "boom (500, server_error)"],
    [{ status: "cancelled" }, 'the answer broke off: "cancelled"']
  ])("a response that %j is an error", async (ended, detail) => {
    const baseUrl = `${json({ output: [], ...ended })}/v1`
    const { failed, summary } = await run(openai({ apiKey, baseUrl, api: "responses" }))
    expect(failed[0]!.detail).toBe(detail)
    expect(summary.attempts).toBe(2)
  })
})

describe("moderation of a sentence is its refusal, and the run goes on", () => {
  test.each([
    [403, { message: 'm requires moderation on OpenRouter. Your input was flagged for "violence"', code: 403 }],
    [400, { message: "The response was filtered due to the prompt", code: "content_filter" }],
    [400, { message: "Invalid prompt: limited access due to a violation of our usage policy", code: "invalid_prompt" }]
  ])("%i %j", async (status, error) => {
    const both = [...sentences, { id: "t", text: "Rome lies in Italy." }]
    const baseUrl = says((n) => (n === 1 ? Response.json({ error }, { status }) : Response.json(completion())))
    const { annotated, failed } = await run(chat(baseUrl), { sentences: both, concurrency: 1 })
    expect(annotated.map(({ record }) => record.id)).toEqual(["t"])
    expect(failed[0]).toMatchObject({ id: "s", state: "refused", reason: "content filter" })
    expect(failed[0]!.detail).toContain(error.message)
  })

  test.each(["Your account was flagged.", "Prohibited by the organization's content policy", "Not in your country"])(
    "not so 403 %s",
    async (message) => {
      expect(await errorOf(chat(says(() => Response.json({ error: { message } }, { status: 403 }))))).toContain(message)
    }
  )
})

describe("a 400 that no request can escape ends the run", () => {
  test.each([
    [
      "Google's, of a key, in a list",
      [{ error: { code: 400, message: "API key not valid. Please pass a valid API key." } }],
      "API key not valid. Please pass a valid API key. (400): check the key"
    ],
    [
      "Mistral's, of a model, by its type",
      { object: "error", message: "Invalid model: m", type: "invalid_model", code: "1500" },
      "Invalid model: m (400, invalid_model): check the model name"
    ]
  ])("%s", async (_, body, words) => {
    expect(await errorOf(chat(says(() => Response.json(body, { status: 400 }))))).toContain(words)
  })
})

describe("timeoutSeconds alone ends a wait", () => {
  test.each([
    ["openai", chat],
    ["anthropic", (baseUrl: string) => anthropic({ apiKey, baseUrl })]
  ])("%s: neither Bun nor the SDK do, also for the longest answers", async (_, of) => {
    const seen: Array<[timeout: unknown, told: number]> = []
    const real = globalThis.fetch
    const spy = spyOn(globalThis, "fetch").mockImplementation(
      Object.assign((url: Parameters<typeof fetch>[0], init?: BunFetchRequestInit & { readonly timeout?: unknown }) => {
        seen.push([init?.timeout, Number(new Headers(init?.headers).get("x-stainless-timeout"))])
        return real(url, init)
      }, real)
    )
    try {
      await run(of(json(completion())), { maxTokens: 64_000, timeoutSeconds: 3600 })
    } finally {
      spy.mockRestore()
    }
    expect(seen).toHaveLength(1)
    expect(seen[0]![0]).toBe(false)
    expect(seen[0]![1]).toBeGreaterThan(1e6)
  })
})

test("a minute's limit of requests, or of the tokens that they may take, spaces them", async () => {
  const many = Array.from({ length: 4 }, (_, i) => ({ id: `s${i}`, text: `Sentence ${i}.` }))
  for (const limit of [{ requestsPerMinute: 300 }, { tokensPerMinute: 300_000, maxTokens: 1000 }]) {
    const at: Array<number> = []
    const baseUrl = says(() => {
      at.push(performance.now())
      return Response.json(completion())
    })
    expect((await run(chat(baseUrl), { sentences: many, concurrency: 4, ...limit })).summary.answered).toBe(4)
    expect(at.at(-1)! - at[0]!).toBeGreaterThan(400) // three times 200 ms, less what the first one needs to connect
  }
})

describe("429 without retry-after", () => {
  test("is tried for a minute and a half, unless nothing is to be tried again", () => {
    const error = (reason: LlmError["reason"]) => new LlmError({ provider: "p", operation: "ask", reason })
    const limited = error(reasonOfStatus(429, { detail: "slow down" }))
    const overloaded = error(reasonOfStatus(503, { detail: "overloaded" }))
    expect(mayRetry(limited, 7, 6, 24_000)).toBe(true)
    expect(mayRetry(limited, 7, 6, 90_000)).toBe(false)
    expect(mayRetry(limited, 6, 6, 90_000)).toBe(true)
    expect(mayRetry(limited, 1, 0, 0)).toBe(false)
    expect(mayRetry(overloaded, 7, 6, 24_000)).toBe(false)
  })

  test("outlasts maxRetries", async () => {
    const answer = (n: number) => (n <= 4 ? new Response("", { status: 429 }) : Response.json(completion()))
    const { summary } = await run(chat(says(answer)))
    expect(summary).toMatchObject({ answered: 1, attempts: 5 })
  })

  test("makes everything wait", async () => {
    const at: Array<number> = []
    const baseUrl = says(async (n) => {
      at.push(performance.now())
      if (n === 1) return new Response("", { status: 429 })
      await Bun.sleep(100)
      return Response.json(completion())
    })
    const many = Array.from({ length: 6 }, (_, i) => ({ id: `s${i}`, text: `Sentence ${i}.` }))
    const { summary } = await run(chat(baseUrl), { sentences: many, concurrency: 2, retrySeconds: 1 })
    expect(summary).toMatchObject({ answered: 6, attempts: 7 })
    expect(at[2]! - at[0]!).toBeGreaterThan(490)
  })

  test("all that meet it at once make the job wait once", async () => {
    let line = 0
    const pace: LedgerShape["pace"] = (_, { requests: amount }) =>
      Effect.sync(() => {
        line += amount
        return line - amount
      })
    const { pause } = makeLimiter({ job: "j", requestsPerMinute: 60 })
    for (const milliseconds of [800, 600, 1000]) {
      await Effect.runPromise(Effect.provideService(pause(milliseconds), Ledger, { pace } as LedgerShape))
    }
    expect(line).toBe(1000)
  })
})
