import { afterAll, beforeEach, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { lockFile, readManifest } from "@nuner/core"
import { FakeLlm, type LlmFault, tempDir } from "@nuner/testing"
import { inProcess } from "./support/inProcess.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)
process.env.OPENAI_API_KEY = "sk-test"
let fake = new FakeLlm()
afterAll(async () => {
  await fake.stop()
  folder[Symbol.dispose]()
})

const texts = ["Ada wrote to Paris.", "Rome was old.", "Grace met Alan in London."]
writeFileSync(at("texts.txt"), `${texts.join("\n")}\n`)
const labelled = (n: number): string =>
  Array.from({ length: n }, (_, i) => `Ada${i} B-person\nsaw O\n\nin O\nParis${i} B-place\n`).join("\n")
writeFileSync(at("labelled.conll"), labelled(12))

/** `nuner annotate` of the texts against a model that does what `fault` says of each sentence. */
const annotate = (name: string, ...flags: ReadonlyArray<string>) =>
  inProcess(
    ...["annotate", at("texts.txt"), "--out", at(`${name}/a.jsonl`), "--provider", "openai", "--model", "gpt-4o-mini"],
    ...["--base-url", fake.openAiUrl, ...flags]
  )
const serve = async (fault: (sentence: string) => LlmFault | undefined = () => undefined) => {
  await fake.stop()
  fake = new FakeLlm({ fault: ({ sentence }) => fault(sentence) })
}
beforeEach(() => serve())
const manifestOf = (name: string) => readManifest(at(`${name}/a.jsonl.manifest.json`))

describe("an incomplete annotation", () => {
  test("is said to be so, and the same call goes on with it", async () => {
    await serve((sentence) => (sentence.startsWith("Rome") ? { type: "status", status: 503 } : undefined))
    const first = await annotate("once", "--max-retries", "0")
    expect(first.code).toBe(2)
    expect(first.err).toContain("incomplete: annotate: missing: 1 overloaded (run it again")
    expect((await manifestOf("once")).completion).toMatchObject({ state: "incomplete", missing: { overloaded: 1 } })
    // Still down: asked again, incomplete again.
    expect((await annotate("once", "--max-retries", "0")).code).toBe(2)
    await serve()
    const again = await annotate("once", "--max-retries", "0")
    expect(again.code).toBe(0)
    expect(fake.bill.requests).toBe(1)
    expect(await manifestOf("once")).toMatchObject({
      completion: { state: "complete" },
      counts: { sentences: { out: 3 } }
    })
  })

  test("over budget gives 3, and 3 again; with everything over budget too; a larger budget completes it", async () => {
    for (const budget of ["0.00012", "0.00000001"]) {
      const name = `poor-${budget}`
      for (const _ of [1, 2]) {
        const { code, err } = await annotate(name, "--max-cost", budget, "--max-tokens", "60")
        expect(code).toBe(3)
        expect(err).toMatch(/missing: \d over budget \(raise --max-cost/)
      }
      expect((await annotate(name, "--max-cost", "1", "--max-tokens", "60")).code).toBe(0)
    }
  })

  test("whose sentences all failed is one, not an error", async () => {
    await serve(() => ({ type: "status", status: 400 }))
    const { code, err } = await annotate("none")
    expect(code).toBe(2)
    expect(err).toContain("missing: 3 rejected")
    expect(err).toContain("--retry-failed")
    expect(err).not.toContain("--max-tokens")
  })

  test("whose answers were cut says how to get the rest of them alone", async () => {
    await serve((sentence) => (sentence.startsWith("Rome") ? { type: "length" } : undefined))
    const { err } = await annotate("cut")
    expect(err).toContain(`ask what stands in ${at("cut/a.failed.jsonl")} alone with a larger one`)
    await serve()
    const { code } = await inProcess(
      ...["annotate", at("cut/a.failed.jsonl"), "--out", at("cut/rest.jsonl"), "--provider", "openai"],
      ...["--model", "gpt-4o-mini", "--base-url", fake.openAiUrl, "--max-tokens", "2048"]
    )
    expect(code).toBe(0)
    expect(fake.bill.requests).toBe(1)
    expect(JSON.parse(readFileSync(at("cut/rest.jsonl"), "utf8"))).toMatchObject({ text: "Rome was old." })
  })
})

describe("nuner mine", () => {
  const mine = (...flags: ReadonlyArray<string>) =>
    inProcess("mine", at("labelled.conll"), "--out", at("sets"), "--sets", "2", ...flags)

  test("lists every file, and makes a deleted one again", async () => {
    expect((await mine("--k", "1,2,4")).code).toBe(0)
    const { artefacts } = await readManifest(at("sets/manifest.json"))
    expect(artefacts).toHaveLength(7)
    expect((await mine("--k", "1,2,4")).err).toContain("unchanged, kept")
    rmSync(at("sets/k-2/set-1.jsonl"))
    expect((await mine("--k", "1,2,4")).err).not.toContain("kept")
    expect(existsSync(at("sets/k-2/set-1.jsonl"))).toBe(true)
  })

  test("takes away the sets of an earlier call; a size that is named twice is one", async () => {
    expect((await mine("--k", "1,1,2")).code).toBe(0)
    expect([...new Bun.Glob("**/*.jsonl").scanSync(at("sets"))]).toHaveLength(4)
    expect(existsSync(at("sets/k-4"))).toBe(false)
    expect((await readManifest(at("sets/manifest.json"))).counts.sets).toEqual({
      in: 4,
      out: 4,
      dropped: { infeasible: 0 }
    })
  })
})

describe("one writer at a time", () => {
  test("a second process is refused, until the first is gone", async () => {
    const unlock = await lockFile(at("locked/.manifest.json.lock"))
    const mine = () => inProcess("mine", at("labelled.conll"), "--out", at("locked"), "--k", "1", "--sets", "1")
    const { code, err } = await mine()
    expect({ code, err }).toEqual({
      code: 1,
      err: `error: ${at("locked")}: another process is writing it (wait until it is done, or name another place)\n`
    })
    unlock?.()
    expect((await mine()).code).toBe(0)
  })

  test("the system frees the lock of a process that is killed", async () => {
    const core = new URL("../../core/src/index.ts", import.meta.url).pathname
    const script = `import { lockFile } from ${JSON.stringify(core)}; globalThis.unlock = await lockFile(process.argv[1]); console.log("locked"); setInterval(() => {}, 1000)`
    const child = Bun.spawn([process.execPath, "-e", script, at("killed.lock")], { stdout: "pipe" })
    await child.stdout.getReader().read()
    expect(await lockFile(at("killed.lock"))).toBeUndefined()
    child.kill("SIGKILL")
    await child.exited
    const unlock = await lockFile(at("killed.lock"))
    expect(unlock).toBeDefined()
    unlock?.()
  })
})

describe("places", () => {
  test.each([
    ["an input", ["convert", "labelled.conll", "--out", "labelled.conll"], "is also an input"],
    ["within an input", ["convert", "corpus", "--out", "corpus/all.jsonl"], "lies in the input"],
    ["around an input", ["mine", "corpus/one.conll", "--out", "corpus", "--k", "1"], "holds the input"]
  ])("an output that is %s is refused", async (_, args, reason) => {
    mkdirSync(at("corpus"), { recursive: true })
    writeFileSync(at("corpus/one.conll"), labelled(2))
    const before = readFileSync(at("labelled.conll"), "utf8")
    const { code, err } = await inProcess(...args.map((arg) => (/^(labelled|corpus)/.test(arg) ? at(arg) : arg)))
    expect(code).toBe(1)
    expect(err).toContain(reason)
    expect(readFileSync(at("labelled.conll"), "utf8")).toBe(before)
  })
})

describe("before anything is spent", () => {
  const run = (...flags: ReadonlyArray<string>) =>
    inProcess(
      ...["run", at("texts.txt"), "--out", at("run"), "--provider", "openai", "--model", "gpt-4o-mini"],
      ...["--base-url", fake.openAiUrl, "--sets", "1", ...flags],
      ...(flags.includes("--base") ? [] : ["--base", "new"])
    )
  const task = (name: string, train = at("labelled.conll")) => ["--task", `${name}=${train},${at("labelled.conll")}`]
  test.each([
    ["a name that leads out of the folder", [...task("..")], "leads out of"],
    ["two tasks of one name", [...task("t"), ...task("t")], 'two are called "t"'],
    ["a task's file that is not there", task("t", at("nowhere.conll")), "nowhere.conll"],
    ["no feasible set", [...task("t"), "--k", "50"], "50 to 100 entities are needed"],
    ["an option of training", [...task("t"), "--learning-rate", "-1"], 'option "learningRate"'],
    ["an option that does nothing", [...task("t"), "--base", at("base"), "--hidden", "9"], 'option "hidden"'],
    [
      "a text for the base that does nothing",
      [...task("t"), "--base", at("base"), "--base-text", "x"],
      'option "baseText"'
    ],
    ["a base that is not there", [...task("t"), "--base", "./nowhere"], "nowhere"]
  ])("nuner run refuses %s", async (_, flags, reason) => {
    const { code, err } = await run(...flags)
    expect(err).toContain(reason)
    expect(code).toBe(1)
    expect(fake.requests).toBe(0)
  })

  test("nuner run says what it would cost, and trains nothing where the budget is short", async () => {
    const dry = await run(...task("t"), "--k", "1", "--dry-run", "--json")
    expect(JSON.parse(dry.out)).toMatchObject({ sentences: 3, requests: 3 })
    expect(fake.requests).toBe(0)
    const poor = await run(...task("t"), "--k", "1", "--max-cost", "0.00000001")
    expect({ code: poor.code, trained: existsSync(at("run/base")) }).toEqual({ code: 3, trained: false })
    expect(poor.err).toContain("raise --max-cost")
  })

  test.each([
    ["mine", ["--k", "1", "--words", "2"], "k"],
    ["mine", ["--words", "2", "--sampler", "rarest-first"], "sampler"],
    ["mine", ["--k", "1", "--test-size", "3"], "testSize"],
    ["annotate", ["--batch-size", "4"], "batchSize"],
    ["annotate", ["--batch", "--concurrency", "4"], "concurrency"],
    ["annotate", ["--answers", at("texts.txt")], "answers"],
    ["annotate", ["--lease-seconds", "3"], "leaseSeconds"],
    ["base", ["--mask-rate", "0.2"], "maskRate"],
    ["base", ["--tokenizer", "x", "--vocab-size", "300"], "vocabSize"],
    ["convert", ["--to", "jsonl", "--scheme", "BIO"], "scheme"],
    ["pretrain", ["--base", "x", "--objective", "types", "--top-concepts", "3"], "topConcepts"]
  ])("nuner %s refuses %p, which would do nothing", async (command, flags, option) => {
    const llm = command === "annotate" ? ["--provider", "openai", "--model", "m", "--base-url", fake.openAiUrl] : []
    const { code, err } = await inProcess(command, at("labelled.conll"), "--out", at("idle"), ...llm, ...flags)
    expect(err).toContain(`option "${option}"`)
    expect(code).toBe(1)
    expect(existsSync(at("idle"))).toBe(false)
  })
})
