import { afterAll, expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { withoutSecrets } from "@nuner/core"
import { tempDir } from "@nuner/testing"
import { hasPostgres, Postgres } from "../../annotator/test/support/Postgres.ts"
import { inProcess } from "./support/inProcess.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)
afterAll(() => folder[Symbol.dispose]())

/** What must be nowhere. */
const planted = {
  key: "sk-planted-key-1",
  password: "planted-password-2",
  login: "planted-login-3",
  token: "planted-token-4"
}

test.each([
  ["see postgres://ada:p@ss/w0rd@db:5432/x?sslmode=require", "see postgres://ada:***@db:5432/x?sslmode=require"],
  ["postgresql://ada@db/x?host=/run&password=hunter2", "postgresql://ada@db/x?host=/run&password=***"],
  ["https://ada:pw@host/v1", "https://***@host/v1"],
  ["https://ghp_token@host/v1", "https://***@host/v1"],
  ["https://host/v1?api_key=abc&model=m&X-Amz-Signature=9f", "https://host/v1?api_key=***&model=m&X-Amz-Signature=***"],
  ['{"url":"https://host/?token=abc"}', '{"url":"https://host/?token=***"}'],
  ["https://host/@scope/name#key=abc", "https://host/@scope/name#key=***"],
  ["ada@example.org wrote: max_tokens=5", "ada@example.org wrote: max_tokens=5"]
])("%s", (text, shown) => expect(withoutSecrets(text)).toBe(shown))

/** Says back everything that it was sent, as some gateways do. */
const chatty = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: async (request) => {
    const body = await request.text()
    const message = `no to ${request.headers.get("authorization")} at ${request.url.replace("//", `//${planted.login}:${planted.password}@`)}`
    return body.includes("Rome")
      ? Response.json({ error: { message, code: planted.key } }, { status: 400 })
      : Response.json({ choices: [{ message: { content: "Ada <> name" }, finish_reason: "stop" }] })
  }
})
afterAll(() => chatty.stop(true))

test("a run with planted secrets leaves them nowhere: files, ledger, output", async () => {
  const { PLANTED_KEY } = process.env
  process.env.PLANTED_KEY = planted.key
  process.env.NUNER_LOG = at("log.jsonl")
  const postgres = hasPostgres ? await Postgres.start() : undefined
  writeFileSync(at("texts.txt"), "Ada was here.\nRome was old.\n")
  const login = `${planted.login}:${planted.password}@`
  const base = `${chatty.url.href.replace("//", `//${login}`)}v1`
  const ledgers = [
    at("ledger.sqlite"),
    `postgres://ada:${planted.password}@127.0.0.1:1/none?password=${planted.token}`,
    ...(postgres === undefined ? [] : [postgres.url.replace("@", `:${planted.password}@`)])
  ]
  try {
    const said: Array<string> = []
    for (const [i, ledger] of ledgers.entries()) {
      const llm = [
        "--provider",
        "openai-compatible",
        "--model",
        "m",
        "--key-variable",
        "PLANTED_KEY",
        "--ledger",
        ledger
      ]
      const common = [...llm, "--base-url", base]
      const out = ["--out", at(`${i}/a.jsonl`)]
      for (const args of [
        ["annotate", at("texts.txt"), ...out, ...common],
        ["label", at("texts.txt"), "--out", at(`${i}/l.jsonl`), "--types", "name", ...common],
        ["preview", at("texts.txt"), "--out", at(`${i}/p.jsonl`), ...common],
        ["annotate", at("texts.txt"), "--out", at(`${i}/d.jsonl`), "--dry-run", ...common],
        ["work", ...common],
        ["cancel", ...common],
        ["jobs", "show", "--ledger", ledger],
        ["status", at(`${i}/a.jsonl`)]
      ]) {
        const { err, out } = await inProcess(...args)
        said.push(err, out)
      }
    }
    said.push((await inProcess("predict", "model", `https://ada:${planted.password}@host/?token=${planted.token}`)).err)
    for (const file of new Bun.Glob("**/*").scanSync({ cwd: folder.path, dot: true }))
      said.push(readFileSync(at(file), "latin1"))
    if (postgres !== undefined) said.push(postgres.dump())
    expect(said.join("")).toContain("Rome was old.")
    expect(said.join("")).toContain("<key>")
    expect(readFileSync(at("log.jsonl"), "utf8")).toContain('"stage":"annotate"')
    for (const secret of Object.values(planted)) {
      const at = said.findIndex((text) => text.includes(secret))
      expect(at < 0 ? "" : said[at]!.slice(said[at]!.indexOf(secret) - 100).slice(0, 200)).toBe("")
    }
  } finally {
    delete process.env.NUNER_LOG
    if (PLANTED_KEY === undefined) delete process.env.PLANTED_KEY
    await postgres?.stop()
  }
}, 120_000)
