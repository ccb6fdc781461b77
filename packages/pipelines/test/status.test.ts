import { afterAll, expect, test } from "bun:test"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { lockFile } from "@nuner/core"
import { FakeLlm, tempDir } from "@nuner/testing"
import { hasPostgres, Postgres } from "../../annotator/test/support/Postgres.ts"
import { inProcess } from "./support/inProcess.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)
process.env.OPENAI_API_KEY = "sk-test"
let down = true
const fake = new FakeLlm({
  fault: ({ sentence }) => (down && sentence.startsWith("Rome") ? { type: "status", status: 503 } : undefined),
  idempotency: false
})
afterAll(async () => {
  await fake.stop()
  folder[Symbol.dispose]()
})
writeFileSync(at("texts.txt"), "Ada wrote to Paris.\nRome was old.\n")
const annotate = (...flags: ReadonlyArray<string>) =>
  inProcess(
    ...["annotate", at("texts.txt"), "--out", at("run/a.jsonl"), "--provider", "openai", "--model", "gpt-4o-mini"],
    ...["--base-url", fake.openAiUrl, "--max-retries", "0", ...flags]
  )
const statusOf = async (...args: ReadonlyArray<string>) =>
  JSON.parse((await inProcess("status", ...args, "--json")).out)

test("nuner status: what is missing and why, what it cost, what to run next; then that all is there", async () => {
  expect((await annotate()).code).toBe(2)
  const [one] = await statusOf(at("run"))
  expect(one).toMatchObject({ stage: "annotate", state: "incomplete", missing: { overloaded: 1 } })
  expect(one.cost).toBeGreaterThan(0)
  expect(one.next).toContain("run it again")
  expect((await inProcess("status", at("run/a.jsonl"))).out).toMatch(
    /annotate +incomplete .*missing: 1 overloaded; \$0\.0/
  )
  down = false
  expect((await annotate()).code).toBe(0)
  await inProcess("align", at("run/a.jsonl"), "--out", at("run/b.jsonl"))
  expect((await statusOf(at("run"))).map(({ stage, state }: never) => [stage, state])).toEqual([
    ["annotate", "complete"],
    ["align", "complete"]
  ])
  rmSync(at("run/b.jsonl"))
  const unlock = await lockFile(at("run/.c.jsonl.manifest.json.lock"))
  const states = async () => (await statusOf(at("run"))).map(({ next, state }: never) => [state, next])
  expect(await states()).toEqual([
    ["complete", undefined],
    ["damaged", `run it again: ${at("run/b.jsonl")} is gone`],
    ["running", undefined]
  ])
  unlock?.()
  expect((await states()).at(-1)).toEqual(["unfinished", "run it again: it goes on where it stopped"])
  expect(await inProcess("status", at("nowhere"))).toMatchObject({ code: 1 })
})

const ledgers = async function* () {
  yield { ledger: at("jobs.sqlite"), dump: () => "" }
  if (!hasPostgres) return
  const postgres = await Postgres.start()
  try {
    yield { ledger: postgres.url, dump: () => postgres.dump() }
  } finally {
    await postgres.stop()
  }
}

test("nuner jobs: shown, exported, cleaned; paid answers stay until they are to go", async () => {
  for await (const { dump, ledger } of ledgers()) {
    down = true
    const flags = ["--ledger", ledger, "--job", "mine/too"]
    await annotate(...flags)
    const jobs = async () => JSON.parse((await inProcess("jobs", "show", "--ledger", ledger, "--json")).out)
    expect(await jobs()).toMatchObject([
      {
        job: "mine/too",
        model: "gpt-4o-mini",
        sentences: 2,
        states: { answered: 1, failed: 1 },
        reasons: { overloaded: 1 }
      }
    ])
    expect((await inProcess("status", "mine/too", "--ledger", ledger)).out).toContain("next: run nuner annotate again")
    const out = at(`export-${ledger.length}.jsonl`)
    expect((await inProcess("jobs", "export", ...flags, "--out", out)).code).toBe(0)
    const rows = readFileSync(out, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(
      rows
        .map(({ answer, prompt, sentence, state }) => ({ answered: answer !== null, prompt, sentence, state }))
        .toSorted((a, b) => (a.sentence < b.sentence ? -1 : 1))
    ).toEqual([
      { answered: true, prompt: "figure-2", sentence: "Ada wrote to Paris.", state: "answered" },
      { answered: false, prompt: "figure-2", sentence: "Rome was old.", state: "failed" }
    ])
    expect(rows.find(({ state }) => state === "failed").detail).toContain("scripted fault 503 (503")
    expect(await inProcess("jobs", "clean", "--ledger", ledger, "--job", "another")).toMatchObject({ code: 1 })
    const clean = async (...more: ReadonlyArray<string>) =>
      JSON.parse((await inProcess("jobs", "clean", ...flags, ...more, "--json")).out)
    // A job has no tables of its own.
    expect(dump()).not.toMatch(/nuner_[0-9a-f]{8}_/)
    expect(await clean()).toMatchObject({ requests: 0 })
    down = false
    const before = fake.bill.requests
    await annotate(...flags)
    expect(fake.bill.requests - before).toBe(1)
    expect(await clean("--answers")).toMatchObject({ requests: 2 })
    expect(await jobs()).toEqual([])
  }
}, 120_000)
