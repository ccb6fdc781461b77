import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { readManifest } from "@nuner/core"
import { FakeLlm, tempDir } from "@nuner/testing"
import { $ } from "bun"
import { hasPostgres, Postgres } from "../../annotator/test/support/Postgres.ts"
import { cli, inChild } from "./support/inChild.ts"
import { inProcess } from "./support/inProcess.ts"

const root = join(import.meta.dir, "../../..")
const data = join(root, "examples/quickstart/data")
const folder = tempDir()
const at = (name: string): string => join(folder.path, name)
/** The whole main job on a slice of the quickstart's data, as small as it goes. */
const run = [
  ...["run", join(data, "texts"), "--out", at("run"), "--provider", "recorded", "--model", "recorded"],
  ...[
    "--answers",
    join(data, "answers.jsonl"),
    "--limit",
    "60",
    "--base",
    "new",
    "--hidden",
    "32",
    "--layers",
    "1",
    "--vocab-size",
    "600"
  ],
  ...["--preset", "small", "--steps", "4", "--batch-size", "16", "--k", "1,2", "--sets", "2"],
  ...["--task", `events=${join(data, "labelled/train.jsonl")},${join(data, "labelled/test.jsonl")}`]
]

beforeAll(async () => {
  const { code, err } = await inChild(...run)
  if (code !== 0) throw new Error(err)
}, 60_000)
afterAll(() => folder[Symbol.dispose]())

describe("nuner run", () => {
  test("leaves every artefact with a manifest whose counts balance", async () => {
    for (const name of [
      "annotated.jsonl",
      "aligned.jsonl",
      "training.jsonl",
      "base",
      "nuner",
      "events/probes.jsonl",
      "events/model"
    ]) {
      const manifest = await readManifest(at(`run/${name}.manifest.json`))
      expect(manifest.artefacts.length).toBeGreaterThan(0)
    }
    const annotated = await readManifest(at("run/annotated.jsonl.manifest.json"))
    expect(annotated.counts.sentences).toEqual({ in: 60, out: 60, dropped: {} })
    expect(readFileSync(at("run/RESULTS.md"), "utf8")).toMatch(/token macro F1, k =[\s\S]*\| NuNER /)
    for (const model of ["base", "nuner", "events/model"]) {
      for (const file of ["config.json", "model.safetensors", "tokenizer.json", "README.md"]) {
        expect(existsSync(at(`run/${model}/${file}`))).toBe(true)
      }
    }
  })

  test("again: every stage is kept, the same tables come out", async () => {
    const { code, err, out } = await inChild(...run)
    expect(code).toBe(0)
    expect(err.match(/unchanged, kept/g)).toHaveLength(7)
    expect(out).toMatch(/token macro F1, k =[\s\S]*\| NuNER /)
  })

  test("a lost artefact is made again, and only what depends on it", async () => {
    rmSync(at("run/aligned.jsonl"))
    const { err } = await inChild(...run)
    expect(err).toMatch(/align +\d+ annotations/)
    expect(err.match(/unchanged, kept/g)).toHaveLength(6)
  })
})

describe("nuner predict", () => {
  test("marks texts, or gives offsets as JSON", async () => {
    const text = "The Lantern Quartet plays at Harbour Hall on 12 May."
    expect((await inChild("predict", at("run/events/model"), text)).out).toContain("Lantern")
    const { out } = await inChild("predict", at("run/events/model"), text, "--json")
    const { entities, text: read } = JSON.parse(out)
    expect(read).toBe(text)
    for (const entity of entities) {
      expect(text.slice(entity.start, entity.end)).toBe(entity.text)
      expect(entity.score).toBeWithin(0, 1.0001)
    }
  })
})

test("nuner serve answers over HTTP until it is interrupted", async () => {
  const child = Bun.spawn(["bun", cli, "serve", at("run/events/model"), "--port", "0"], {
    stdout: "pipe",
    stderr: "ignore"
  })
  const reader = child.stdout.getReader()
  const url = /http:\/\/[\d.]+:\d+/.exec(new TextDecoder().decode((await reader.read()).value))![0]
  const text = "Doors open at eight."
  const answer = await fetch(`${url}/predict`, { method: "POST", body: JSON.stringify({ text }) })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toHaveProperty("entities")
  child.kill("SIGINT")
  expect(await child.exited).toBe(130)
})

test("nuner annotate --dry-run says what it would send and cost, and writes no artefact", async () => {
  const input = join(data, "texts")
  const args = [
    "annotate",
    input,
    "--out",
    at("dry/a.jsonl"),
    "--provider",
    "openai",
    "--model",
    "gpt-4o-mini",
    "--dry-run"
  ]
  const { exitCode, stdout } = await $`OPENAI_API_KEY=none bun ${cli} ${args}`.nothrow().quiet()
  expect(exitCode).toBe(0)
  expect(stdout.toString()).toMatch(/459 sentences: 459 requests[\s\S]*about \$0\.\d+/)
  expect(existsSync(at("dry"))).toBe(false)
})

describe("a real provider's wire format", () => {
  const ask = (fake: FakeLlm, ...args: ReadonlyArray<string>) =>
    $`OPENAI_API_KEY=sk-secret bun ${cli} ${args} --provider openai --model gpt-4o-mini --base-url ${fake.openAiUrl}`
      .cwd(folder.path)
      .nothrow()
      .quiet()
  const input = join(data, "texts/cooking.txt")

  test("is asked once a sentence; a rerun asks nothing; the key is nowhere", async () => {
    const fake = new FakeLlm({
      fault: ({ attempt, sentence }) =>
        attempt === 1 && sentence.length % 5 === 0 ? { type: "status", status: 500 } : undefined
    })
    try {
      const args = ["annotate", input, "--out", at("asked/a.jsonl"), "--max-cost", "1"]
      const first = await ask(fake, ...args)
      expect(first.exitCode).toBe(0)
      const charged = fake.bill.requests
      const { counts } = await readManifest(at("asked/a.jsonl.manifest.json"))
      expect(counts.sentences!.out).toBe(charged)
      rmSync(at("asked/a.jsonl"))
      expect((await ask(fake, ...args)).exitCode).toBe(0)
      expect(fake.bill.requests).toBe(charged)
      for (const file of new Bun.Glob("asked/*").scanSync(folder.path)) {
        expect(readFileSync(at(file), "latin1")).not.toContain("sk-secret")
      }
    } finally {
      await fake.stop()
    }
  })

  test("a budget ends the run with exit code 3, the rest told as over budget", async () => {
    const fake = new FakeLlm()
    try {
      const { exitCode } = await ask(fake, "annotate", input, "--out", at("poor/a.jsonl"), "--max-cost", "0.0008")
      expect(exitCode).toBe(3)
      const { sentences } = (await readManifest(at("poor/a.jsonl.manifest.json"))).counts
      expect(sentences!.out).toBe(fake.bill.requests)
      expect(Object.values(sentences!.dropped).reduce((a, b) => a + b, 0)).toBe(sentences!.in - sentences!.out)
      expect(sentences!.out).toBeLessThan(sentences!.in)
    } finally {
      await fake.stop()
    }
  })

  test.skipIf(!hasPostgres)("nuner work takes its share of a job on Postgres", async () => {
    const postgres = await Postgres.start()
    const fake = new FakeLlm({ latencyMs: 300 })
    try {
      const common = ["--ledger", postgres.url, "--job", "j", "--concurrency", "2", "--lease-seconds", "3"]
      const [planner, worker] = await Promise.all([
        ask(fake, "annotate", input, "--out", at("shared/a.jsonl"), ...common),
        ask(fake, "work", ...common)
      ])
      expect([planner.exitCode, worker.exitCode]).toEqual([0, 0])
      const { sentences } = (await readManifest(at("shared/a.jsonl.manifest.json"))).counts
      expect(sentences!.out).toBe(sentences!.in)
      expect(fake.bill.requests).toBe(sentences!.in)
      expect(Number(/(\d+) requests/.exec(worker.stderr.toString())?.[1])).toBeGreaterThan(0)
    } finally {
      await fake.stop()
      await postgres.stop()
    }
  })

  test("nuner work on SQLite says what it needs", async () => {
    const fake = new FakeLlm()
    const { exitCode, stderr } = await ask(fake, "work", "--ledger", at("one.sqlite"))
    await fake.stop()
    expect(exitCode).toBe(1)
    expect(stderr.toString()).toContain("workers need a ledger on Postgres")
  })
})

describe("what goes wrong is told in one line, with exit code 1", () => {
  const refused = async (args: ReadonlyArray<string>, ...parts: ReadonlyArray<string>) => {
    const { code, err, out } = await inProcess(...args)
    const lines = err.split("\n").filter((line) => line.startsWith("error: "))
    expect({ code, out, lines: lines.length }).toEqual({ code: 1, out: "", lines: 1 })
    for (const part of parts) expect(lines[0]).toContain(part)
  }
  const annotate = (input: string) => [
    ...["annotate", input, "--out", at("bad/annotated.jsonl"), "--provider", "recorded", "--model", "m"],
    ...["--answers", join(data, "answers.jsonl")]
  ]
  const labelled = join(data, "labelled/train.jsonl")

  test("a missing file", () =>
    refused(["align", "none.jsonl", "--out", at("bad/a.jsonl")], "none.jsonl", "check the path"))
  test("an empty corpus", async () => {
    writeFileSync(at("empty.txt"), "")
    await refused(annotate(at("empty.txt")), "empty.txt", "has no sentences")
  })
  test("malformed JSON Lines", async () => {
    writeFileSync(at("broken.jsonl"), '{"id":"a","text":"A.","annotations":[]}\n{"id":\n')
    await refused(["align", at("broken.jsonl"), "--out", at("bad/a.jsonl")], "broken.jsonl:2", "not JSON")
  })
  test("an unknown option", () => refused(["pretrain", "x", "--epohcs", "3"], "--epohcs", "--epochs"))
  test("an option out of range", () =>
    refused(
      ["pretrain", at("run/training.jsonl"), "--base", at("run/base"), "--out", at("bad/n"), "--learning-rate", "-1"],
      'option "learningRate"'
    ))
  test("k larger than the data allows", () =>
    refused(["mine", labelled, "--out", at("bad/sets"), "--k", "500"], "500 to 1000 entities are needed", "lower k"))
  test("a corrupt weight file", async () => {
    await $`cp -r ${at("run/base")} ${at("corrupt")}`
    writeFileSync(at("corrupt/model.safetensors"), readFileSync(at("run/base/model.safetensors")).subarray(0, 5000))
    await refused(
      ["finetune", labelled, "--encoder", at("corrupt"), "--out", at("bad/model")],
      "corrupt/model.safetensors"
    )
  })
  test("a corrupt tokenizer", async () => {
    await $`cp -r ${at("run/base")} ${at("mute")}`
    writeFileSync(at("mute/tokenizer.json"), '{"version": "1.0"')
    await refused(["finetune", labelled, "--encoder", at("mute"), "--out", at("bad/model")], "mute/tokenizer.json")
  })
  test("no such model", () =>
    refused(
      ["finetune", labelled, "--encoder", "./nowhere", "--out", at("bad/model")],
      "./nowhere",
      "give a directory"
    ))

  test("a full disk: the earlier artefact stays", async () => {
    const before = readFileSync(at("run/aligned.jsonl"))
    // A limit on the size of files stands in for a full disk: both fail the write.
    const command = `ulimit -f 4; trap '' XFSZ; exec bun ${cli} align ${at("run/annotated.jsonl")} --out ${at("run/aligned.jsonl")} --policy first`
    const { exitCode, stderr } = await $`bash -c ${command}`.nothrow().quiet()
    expect(exitCode).toBe(1)
    expect(stderr.toString()).toMatch(/^error: .*aligned\.jsonl.*intact/m)
    expect(readFileSync(at("run/aligned.jsonl"))).toEqual(before)
  })
})

test("an interrupted training leaves a checkpoint, and goes on from it", async () => {
  const args = [
    "base",
    join(data, "texts"),
    "--out",
    at("cut"),
    "--hidden",
    "32",
    "--layers",
    "1",
    "--vocab-size",
    "600"
  ]
  const full = [...args, "--tokens", "150000"]
  const child = Bun.spawn(["bun", cli, ...full], { stderr: "pipe", stdout: "ignore" })
  // It trains when its log begins: the manifest comes at the end, the checkpoint at the interrupt.
  while (!existsSync(at("cut.log.jsonl"))) await Bun.sleep(20)
  child.kill("SIGINT")
  expect(await child.exited).toBe(130)
  const steps = [...new Bun.Glob("step-*").scanSync({ cwd: at("cut.checkpoints"), onlyFiles: false })]
  expect(steps).toHaveLength(1)
  const { code } = await inChild(...full)
  expect(code).toBe(0)
  expect(existsSync(at("cut/model.safetensors"))).toBe(true)
  expect(existsSync(at("cut.checkpoints"))).toBe(false)
  const log = readFileSync(at("cut.log.jsonl"), "utf8").trim().split("\n")
  const trained = log.map((line) => JSON.parse(line)).filter(({ type }) => type === "step")
  expect(trained.map(({ step }) => step)).toEqual(trained.map((_, i) => i + 1))
})
