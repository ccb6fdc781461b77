import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test"
import { Redacted } from "effect"
import {
  type Annotated,
  type AnnotateInput,
  annotate,
  anthropic,
  type Failed,
  openai,
  type Summary
} from "../src/index.ts"

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
