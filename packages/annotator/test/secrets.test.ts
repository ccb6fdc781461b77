import { expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { FakeLlm } from "@nuner/testing"
import { annotate } from "../src/index.ts"

test("the key is read from the environment, reaches the provider, and stands nowhere else", async () => {
  const secret = "sk-secret-0123456789"
  const directory = mkdtempSync(join(tmpdir(), "nuner-secrets-"))
  const fake = new FakeLlm({
    fault: ({ sentence }) => (sentence === "Rome." ? { type: "status", status: 400 } : undefined)
  })
  const ledger = join(directory, "ledger.sqlite")
  process.env.TEST_LLM_KEY = secret
  try {
    const sentences = [
      { id: "a", text: "Paris." },
      { id: "b", text: "Rome." }
    ]
    const events = await Array.fromAsync(
      annotate({
        sentences,
        provider: "openai",
        baseUrl: fake.openAiUrl,
        keyVariable: "TEST_LLM_KEY",
        model: "m",
        ledger
      })
    )
    expect(fake.calls[0]!.headers.get("authorization")).toBe(`Bearer ${secret}`)
    expect(JSON.stringify(events)).not.toContain(secret)
    for (const file of [ledger, `${ledger}-wal`]) {
      const bytes = (await Bun.file(file).exists()) ? readFileSync(file, "latin1") : ""
      expect(bytes.includes(secret)).toBe(false)
    }
    delete process.env.TEST_LLM_KEY
    const again = annotate({ sentences, provider: "openai", keyVariable: "TEST_LLM_KEY_UNSET", model: "m", ledger })
    await expect(Array.fromAsync(again)).rejects.toMatchObject({ _tag: "OptionError", option: "provider" })
  } finally {
    delete process.env.TEST_LLM_KEY
    await fake.stop()
    rmSync(directory, { recursive: true })
  }
})

test.each(["", "\r\n"])(
  "a provider that repeats the key in its error does not get it into ours: %j behind it",
  async (end) => {
    const secret = "sk-secret-0123456789"
    const keyVariable = `TEST_LLM_KEY_BEFORE_${end.length}`
    process.env[keyVariable] = secret + end
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => Response.json({ error: { message: `Incorrect API key provided: ${secret}` } }, { status: 401 })
    })
    try {
      const run = annotate({
        ...{ sentences: [{ id: "a", text: "Paris." }], provider: "openai", model: "m", ledger: ":memory:" },
        ...{ baseUrl: `http://127.0.0.1:${server.port}/v1`, keyVariable }
      })
      const error = await Array.fromAsync(run).catch((cause: unknown) => cause)
      expect(String(error)).toContain("<key>")
      expect(JSON.stringify(error) + String(error)).not.toContain(secret)
    } finally {
      delete process.env[keyVariable]
      await server.stop(true)
    }
  }
)

// Each in a variable of its own: Effect keeps what it has read once.
test.each([
  ["TEST_LLM_KEY_BLANK", " \n", "is empty"],
  ["TEST_LLM_KEY_TWO", "sk-secret 0123456789", "has white space within"]
])("%s: the key %j is refused", async (keyVariable, key, reason) => {
  process.env[keyVariable] = key
  try {
    const sentences = [{ id: "a", text: "Paris." }]
    const to = { provider: "openai", baseUrl: "http://127.0.0.1:9/v1", keyVariable, maxRetries: 0 } as const
    const run = annotate({ ...to, sentences, model: "m", ledger: ":memory:" })
    const error = await Array.fromAsync(run).catch((cause: unknown) => cause)
    expect(String(error)).toContain(`${keyVariable} ${reason}`)
  } finally {
    delete process.env[keyVariable]
  }
})
