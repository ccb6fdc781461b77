import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test"
import { FakeLlm, type FakeLlmOptions } from "@nuner/testing"
import { Redacted } from "effect"
import {
  type AnnotateInput,
  annotate,
  anthropic,
  type Failed,
  figure2,
  formatSummary,
  openai,
  type Progress,
  parseEntities,
  recorded,
  type Summary
} from "../src/index.ts"
import { judge } from "../src/parse/judge.ts"
import { overLedgers } from "./support/ledgers.ts"

setDefaultTimeout(60_000)

let fake: FakeLlm
afterEach(() => fake?.stop())

const apiKey = Redacted.make("sk-0123456789")
const providers = {
  openai: (server: FakeLlm) => openai({ apiKey, baseUrl: server.openAiUrl }),
  "openai-responses": (server: FakeLlm) => openai({ apiKey, baseUrl: server.openAiUrl, api: "responses" }),
  anthropic: (server: FakeLlm) => anthropic({ apiKey, baseUrl: server.url })
}
const sentences = Array.from({ length: 6 }, (_, i) => ({ id: `s${i}`, text: `Sentence ${i} is by Ada.` }))

const input = (
  server: FakeLlmOptions,
  options: Partial<AnnotateInput> = {},
  name: keyof typeof providers = "openai"
) => {
  fake = new FakeLlm(server)
  const provider = providers[name](fake)
  return { sentences, provider, model: "m", ledger: ":memory:", retrySeconds: 0.01, pollSeconds: 0.05, ...options }
}
const run = async (options: AnnotateInput) => {
  const failed: Array<Failed> = []
  const waits: Array<Progress["resumesAt"]> = []
  let summary: Summary | undefined
  for await (const event of annotate({ progressSeconds: 0.02, ...options })) {
    if (event.type === "failed") failed.push(event)
    else if (event.type === "summary") summary = event.summary
    else if (event.type === "progress" && event.progress.resumesAt !== null) waits.push(event.progress.resumesAt)
  }
  if (summary === undefined) throw new Error("no summary")
  return { failed, summary, waits }
}
const failureOf = (options: AnnotateInput) =>
  run(options).then(
    () => "it went well",
    (error: unknown) => String(error)
  )

describe.each(["openai", "openai-responses", "anthropic"] as const)("%s: a failure keeps its words", (name) => {
  const wrong = { status: 400, code: "context_length_exceeded", message: "This text is too long for me." }
  const words = /This text is too long for me\. \(400, context_length_exceeded, request req(_fake)?\)/

  test("as a response: message, code and request id by sentence, grouped in the summary", async () => {
    const { failed, summary } = await run(input({ fault: () => ({ type: "status", ...wrong }) }, {}, name))
    for (const { detail } of failed) expect(detail).toMatch(words)
    expect(summary.details).toEqual({
      rejected: { "This text is too long for me. (400, context_length_exceeded)": 6 }
    })
    expect(formatSummary(summary)).toContain("6 x This text is too long for me. (400, context_length_exceeded)")
  })

  test("in a batch", async () => {
    const rowError = name === "anthropic" ? { ...wrong, code: "invalid_request_error" } : wrong
    const { failed } = await run(input({ batchFault: () => ({ erroredRows: 2, rowError }) }, { batch: true }, name))
    expect(failed).toHaveLength(2)
    for (const { detail } of failed) expect(detail).toMatch(/This text is too long for me\. \(400, \w+, request req\)/)
  })
})

describe("what no request can escape ends the run at once, with the remedy", () => {
  test.each([
    [
      { status: 429, code: "insufficient_quota", message: "You exceeded your current quota." },
      "add credit to the account"
    ],
    [{ status: 400, message: "Your credit balance is too low to access the API." }, "add credit to the account"],
    [{ status: 402, message: "Payment required." }, "add credit to the account"],
    [{ status: 401, code: "invalid_api_key", message: "Incorrect API key." }, "check the key"],
    [{ status: 404, code: "model_not_found", message: "No such model." }, "check the model name"]
  ])("%j", async (fault, remedy) => {
    const error = await failureOf(input({ fault: () => ({ type: "status", ...fault }) }, { concurrency: 1 }))
    expect(error).toContain(fault.message)
    expect(error).toContain(remedy)
    expect(fake.requests).toBe(1)
  })

  test("also where it stands in a batch; what was answered is kept, and the rest is asked when there is credit", async () => {
    const rowError = { status: 429, code: "insufficient_quota", message: "You exceeded your current quota." }
    const provider = (server: FakeLlm) => ({ provider: providers.openai(server) })
    const ledger = `${process.env.TMPDIR ?? "/tmp"}/${crypto.randomUUID()}.sqlite`
    const options = input({ batchFault: () => ({ erroredRows: 2, rowError }) }, { batch: true, ledger })
    expect(await failureOf(options)).toContain("add credit to the account")
    await fake.stop()
    fake = new FakeLlm()
    const { summary } = await run({ ...options, ...provider(fake) })
    expect(summary).toMatchObject({ answered: 6, attempts: 2 })
  })

  test("a run that was denied asks again when it may", async () => {
    const ledger = `${process.env.TMPDIR ?? "/tmp"}/${crypto.randomUUID()}.sqlite`
    const options = input({ fault: () => ({ type: "status", status: 401 }) }, { ledger })
    expect(await failureOf(options)).toContain("check the key")
    await fake.stop()
    fake = new FakeLlm()
    expect((await run({ ...options, provider: providers.openai(fake) })).summary.answered).toBe(6)
  })
})

describe("a long wait", () => {
  const fault: NonNullable<FakeLlmOptions["fault"]> = ({ attempt, sentence }) =>
    attempt === 1 && sentence.startsWith("Sentence 0") ? { type: "rate limit", retryAfterMs: 400 } : undefined
  test("is told with its end", async () => {
    const before = Date.now()
    const { summary, waits } = await run(input({ fault }, { longWaitSeconds: 0.1 }))
    expect(summary.answered).toBe(6)
    expect(waits[0]).toBeWithin(before + 400, Date.now() + 1)
  })
  test("ends the run if that is wished", async () => {
    const error = await failureOf(input({ fault }, { longWaitSeconds: 0.1, onLongWait: "stop" }))
    expect(error).toMatch(/asks to wait until \d{4}-.*run it again then/)
  })
  test("within the bound is not worth a word", async () => {
    const { waits } = await run(input({ fault }, { longWaitSeconds: 1 }))
    expect(waits).toEqual([])
  })
})

describe("a batch", () => {
  test("that is refused because the queue is full is asked again in smaller ones", async () => {
    const { summary } = await run(input({ batchFault: () => ({ mostRequests: 2 }) }, { batch: true }))
    expect(summary.answered).toBe(6)
    expect(fake.bill.requests).toBe(6)
  })
  test("that is always refused so fails, in the provider's words", async () => {
    const { failed } = await run(input({ batchFault: () => ({ mostRequests: 0 }) }, { batch: true, maxRetries: 2 }))
    expect(failed).toHaveLength(6)
    expect(failed[0]!.detail).toContain("Enqueued token limit reached")
  })
  test('whose error file is called "" is read', async () => {
    const { summary } = await run(input({ batchFault: () => ({ emptyErrorFile: true }) }, { batch: true }))
    expect(summary.answered).toBe(6)
  })
})

describe("answers", () => {
  const judged = (text: string) => judge(figure2, { text, finish: "stop" }, false)
  const paris = [{ entity: "Paris", concept: "city" }]
  test.each([
    ["a block of thought", "<think>Rome <> city?\nNo.</think>\n\nParis <> city", ["reasoning removed"]],
    [
      "a block whose beginning stands in the prompt",
      "Rome <> city? No.\n</think>\nParis <> city",
      ["reasoning removed"]
    ],
    ["thoughts in another tag", "<reasoning>\nRome <> city\n</reasoning>Paris <> city", ["reasoning removed"]],
    [
      "channels",
      "<|channel|>analysis<|message|>Rome <> city<|end|><|start|>assistant<|channel|>final<|message|>Paris <> city<|return|>",
      ["reasoning removed"]
    ],
    ["code fences", "```\nParis <> city\n```", ["code fence"]],
    ["emphasis of a field", "**Paris** <> *city*", ["emphasis"]],
    ["emphasis of the line", "- **Paris <> city**", ["emphasis"]],
    ["underscores", "__Paris__ <> _city_", ["emphasis"]]
  ])("%s", (_, text, salvaged) => {
    const { parsed, state } = judged(text)
    expect({ state, annotations: parsed.annotations, salvaged: parsed.salvaged }).toEqual({
      state: "answered",
      annotations: paris,
      salvaged: salvaged as NonNullable<typeof parsed.salvaged>
    })
  })
  test("thought that never ends leaves nothing", () => {
    expect(judged("<think>Paris <> city and so on").state).toBe("failed")
  })
  test.each([
    ["at the beginning", "<thought> <> HTML tag\nParis <> city", ["<thought>", "Paris"]],
    ["within", "Paris <> city\n<thought> <> HTML tag\nAda <> person", ["Paris", "<thought>", "Ada"]],
    ["in a name", "The <reasoning> element <> XML element\nParis <> city", ["The <reasoning> element", "Paris"]],
    ["with its end", "<think> <> tag\n</think> <> tag\nParis <> city", ["<think>", "</think>", "Paris"]]
  ])("an entity that is called as a thought is one, %s", (_, text, entities) => {
    expect(judged(text).parsed.annotations.map(({ entity }) => entity)).toEqual(entities)
  })
  test("a name with an underscore, or a multiplication, is no emphasis", () => {
    expect(
      judged("snake_case_name <> variable\n2*3 <> product").parsed.annotations.map(({ entity }) => entity)
    ).toEqual(["snake_case_name", "2*3"])
  })

  const json = '{"entities": [{"entity": "Paris", "concept": "city"}]}'
  test.each([
    ["as asked for", json, undefined],
    ["in a fence", `Sure!\n\`\`\`json\n${json}\n\`\`\`\nAnything else?`, ["code fence"]],
    ["in prose", `Of [the text] I take: ${json} Done {really}.`, ["JSON in prose"]],
    ["with trailing commas", '{"entities": [{"entity": "Paris", "concept": "city",},],}', ["JSON repaired"]],
    ["with both", `Here: {"entities": [{"entity": "Paris", "concept": "city",}]} !`, ["JSON in prose", "JSON repaired"]]
  ])("JSON %s", (_, text, salvaged) => {
    expect(parseEntities(text)).toEqual({
      annotations: paris,
      rejected: [],
      ignored: 0,
      ...(salvaged === undefined
        ? {}
        : { salvaged: salvaged as NonNullable<ReturnType<typeof parseEntities>["salvaged"]> })
    })
  })
  // A model in a loop; a search for the end of the fence in cubic time took hours.
  test("a fence that nothing but line breaks follows is rejected", () => {
    expect(parseEntities(`\`\`\`json\n${"\n".repeat(20_000)}`).rejected).toHaveLength(1)
  })
  test("no JSON at all is rejected whole", () => {
    expect(parseEntities("I cannot [do] {that}.").annotations).toEqual([])
  })
})

overLedgers("text that a database cannot hold", (newLedger) => {
  test("NUL and lone surrogates are kept as they are, and paid for once", async () => {
    const ledger = await newLedger()
    const text = "Ada\u0000 and \ud800Bob\u{10fffd}00ff"
    let asked = 0
    const answers = recorded([{ text, response: `Ada\u0000 <> name\ud800 <> a \udfff\nBob <> name\u{10fffd}` }])
    const provider: typeof answers = {
      ...answers,
      ask: (request) => {
        asked++
        return answers.ask(request)
      }
    }
    const options = { sentences: [{ id: "a\u0000", text }], provider, model: "m", ledger }
    for (const _ of [1, 2]) {
      const events = await Array.fromAsync(annotate(options))
      expect(events.find(({ type }) => type === "annotated")).toMatchObject({
        record: {
          id: "a\u0000",
          text,
          annotations: [
            { entity: "Ada\u0000", concept: "name\ud800", description: "a \udfff" },
            { entity: "Bob", concept: "name\u{10fffd}" }
          ]
        }
      })
    }
    expect(asked).toBe(1)
  })
})
