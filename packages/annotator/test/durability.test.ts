import { Database } from "bun:sqlite"
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { FakeLlm, tempDir } from "@nuner/testing"
import { SQL } from "bun"
import { Redacted } from "effect"
import { annotate, contentAddress, figure2, openai, type Summary, settingsHash } from "../src/index.ts"
import { newDatabase } from "./support/ledgers.ts"
import { hasPgBouncer, startPgBouncer } from "./support/PgBouncer.ts"
import { hasPostgres, Postgres } from "./support/Postgres.ts"

setDefaultTimeout(60_000)

const folder = tempDir()
let postgres: Postgres | undefined
beforeAll(async () => {
  if (hasPostgres) postgres = await Postgres.start()
})
afterAll(async () => {
  await postgres?.stop()
  folder[Symbol.dispose]()
})
const socket = (url: string) => {
  const { pathname, searchParams } = new URL(url)
  return {
    adapter: "postgres" as const,
    path: `${searchParams.get("host")}/.s.PGSQL.5432`,
    username: "tester",
    database: pathname.slice(1)
  }
}
const provider = (fake: FakeLlm) => openai({ apiKey: Redacted.make("sk-0123456789"), baseUrl: fake.openAiUrl })
const run = async (ledger: string, fake: FakeLlm, texts: ReadonlyArray<string>, options = {}): Promise<Summary> => {
  const sentences = texts.map((text, i) => ({ id: String(i), text }))
  for await (const event of annotate({ sentences, provider: provider(fake), model: "m", ledger, ...options })) {
    if (event.type === "summary") return event.summary
  }
  throw new Error("no summary")
}

/** The tables of version 1, and in them an answer, a refusal and an attempt whose worker died. */
const VERSION_1 = (hash: string, address: (text: string) => string): ReadonlyArray<string> => [
  "create table nuner_version (version bigint primary key)",
  "insert into nuner_version values (1)",
  "create table nuner_settings (hash text primary key, body text not null, created_at bigint not null)",
  `create table nuner_request (address text primary key, settings text not null, sentence text not null, queue text not null,
    seq bigint not null, state text not null, reason text, detail text, owner text, batch text, batch_key text,
    attempts bigint not null default 0, round bigint not null default 0, answer text, finish text,
    created_at bigint not null, updated_at bigint not null)`,
  `create table nuner_attempt (address text not null, number bigint not null, owner text not null, job text not null, batch text,
    reserved double precision not null, started_at bigint not null, ended_at bigint, outcome text, detail text,
    input_tokens bigint, output_tokens bigint, cost double precision, assumed bigint not null default 0, primary key (address, number))`,
  "create index nuner_attempt_open on nuner_attempt (owner) where outcome is null",
  "create table nuner_item (queue text not null, seq bigint not null, sentence_id text not null, address text not null, primary key (queue, seq))",
  "create table nuner_job (queue text primary key, settings text not null, total bigint)",
  "create table nuner_worker (owner text primary key, alive_until bigint not null)",
  "create table nuner_account (job text primary key, spent double precision not null default 0, reserved double precision not null default 0)",
  `create table nuner_batch (id text primary key, provider text not null, job text not null, owner text, remote_id text, state text not null,
    requests bigint not null, detail text, created_at bigint not null, updated_at bigint not null)`,
  `insert into nuner_request (address, settings, sentence, queue, seq, state, reason, owner, attempts, answer, finish, created_at, updated_at) values
    ('${address("Paid.")}', '${hash}', 'Paid.', 'q', 0, 'answered', null, null, 1, 'Paid <> past', 'stop', 1, 1),
    ('${address("Refused.")}', '${hash}', 'Refused.', 'q', 1, 'refused', 'refusal', null, 1, 'No.', 'refusal', 1, 1),
    ('${address("Lost.")}', '${hash}', 'Lost.', 'q', 2, 'sent', null, 'dead', 1, null, null, 1, 1)`,
  `insert into nuner_attempt (address, number, owner, job, reserved, started_at) values ('${address("Lost.")}', 1, 'dead', 'default', 0.5, 1)`,
  "insert into nuner_account values ('default', 2.25, 0.5)",
  "insert into nuner_job values ('q', 'x', 3)",
  "insert into nuner_item values ('q', 0, 'a', 'b')"
]

describe("a ledger of an earlier version", () => {
  test.each(["SQLite", ...(hasPostgres ? ["Postgres"] : [])])(
    "%s: is brought up to date; what was paid is not paid again",
    async (kind) => {
      const parameters = { maxTokens: 1024 }
      const { hash, name, text, version } = figure2
      const settings = settingsHash({ prompt: { name, version, hash, text }, model: "m", parameters })
      const statements = VERSION_1(settings, (sentence) => contentAddress(settings, sentence))
      let ledger = folder.file("old.sqlite")
      if (kind === "SQLite") {
        const database = new Database(ledger, { create: true })
        for (const statement of statements) database.run(statement)
        database.close()
      } else {
        ledger = await newDatabase(postgres!, "old")
        const sql = new SQL({ ...socket(ledger), max: 1 })
        for (const statement of statements) await sql.unsafe(statement)
        await sql.close()
      }
      const fake = new FakeLlm()
      const options = { prices: { date: "2026-01-01", models: { m: { input: 0, output: 0 } } } }
      const texts = ["Paid.", "Refused.", "New."]
      expect(await run(ledger, fake, texts, options)).toMatchObject({
        answered: 2,
        refused: 1,
        attempts: 1,
        spent: 2.75
      })
      expect(await run(ledger, fake, [...texts, "Lost."], options)).toMatchObject({
        answered: 3,
        refused: 1,
        attempts: 1,
        spent: 2.75
      })
      await fake.stop()
    }
  )

  test("one of a later version is left alone", async () => {
    const ledger = folder.file("new.sqlite")
    const database = new Database(ledger, { create: true })
    database.run("create table nuner_version (version bigint primary key)")
    database.run("insert into nuner_version values (99)")
    database.close()
    const fake = new FakeLlm()
    const error = await run(ledger, fake, ["A."]).catch(String)
    await fake.stop()
    expect(error).toMatch(/newer nuner \(tables 99, this one knows \d\): update nuner/)
  })
})

test
  .skipIf(!hasPostgres || !hasPgBouncer)
  .each([[[]], [["ignore_startup_parameters = extra_float_digits,idle_in_transaction_session_timeout"]]])(
  "PgBouncer in transaction mode is refused with the reason (%j)",
  async (settings) => {
    const pool = await startPgBouncer(postgres!, settings)
    const fake = new FakeLlm()
    const error = await run(pool.url, fake, ["A."]).catch(String)
    await fake.stop()
    await pool.stop()
    expect(error).toContain("pooled by transaction (PgBouncer)")
    expect(error).toContain("give the address of Postgres itself")
  }
)

test.skipIf(!hasPostgres)(
  "a run with short leases survives that all of its connections are terminated, three times: nothing is lost, nothing charged twice",
  async () => {
    const ledger = await newDatabase(postgres!, "terminated")
    const admin = new SQL({ ...socket(postgres!.url), max: 1 })
    const fake = new FakeLlm({ latencyMs: 40 })
    const terminate = async () => {
      let terminated = 0
      for (const due of [20, 60, 100]) {
        while (fake.requests < due) await Bun.sleep(20)
        const rows = await admin.unsafe(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'terminated'"
        )
        terminated += rows.length
      }
      return terminated
    }
    const texts = Array.from({ length: 120 }, (_, i) => `Sentence ${i} is by Ada.`)
    const [summary, terminated] = await Promise.all([
      run(ledger, fake, texts, { concurrency: 4, timeoutSeconds: 2, leaseSeconds: 3 }),
      terminate()
    ])
    await admin.close()
    await fake.stop()
    expect(terminated).toBeGreaterThan(3)
    expect(summary).toMatchObject({ planned: 120, answered: 120 })
    expect(fake.bill.requests).toBe(120)
  },
  180_000
)

test("where no Postgres answers, that is said with the remedy", async () => {
  const fake = new FakeLlm()
  const error = await run("postgres://ada:hidden-word@127.0.0.1:1/none", fake, ["A."]).catch(String)
  await fake.stop()
  expect(error).toContain("is Postgres running there")
  expect(error).not.toContain("hidden-word")
  expect(fake.requests).toBe(0)
})
