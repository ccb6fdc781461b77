import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, writeFileSync } from "node:fs"
import { structured } from "@nuner/annotator"
import { annotationFlags, commandInfos, configurationSchema } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
import { Effect } from "effect"
import { inProcess } from "./support/inProcess.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)
const config = at("config.json")
const configured = (value: unknown): string => {
  writeFileSync(config, typeof value === "string" ? value : JSON.stringify(value))
  return config
}

beforeAll(() => {
  const sentence = (name: string, town: string) => `${name} B-person\nsaw O\n${town} B-town\n. O\n`
  const [people, towns] = [
    ["Ada", "Carl", "Emmy"],
    ["Paris", "Oslo", "Lima"]
  ]
  writeFileSync(at("train.conll"), people.flatMap((name) => towns.map((town) => sentence(name, town))).join("\n"))
})
afterAll(() => folder[Symbol.dispose]())

/** The manifest of sets that are mined with these flags. */
const mine = async (...args: ReadonlyArray<string>) => {
  const said = await inProcess("mine", at("train.conll"), "--json", ...args)
  const manifest = said.code === 0 ? JSON.parse(said.out.trim().split("\n").at(-1)!) : undefined
  return { ...said, settings: manifest?.settings, seeds: manifest?.seeds }
}

describe("nuner.config.json", () => {
  test("goes before a default, and a flag before it", async () => {
    const values = { mine: { sets: 3, k: [1, 2], seed: 7, out: at("sets") } }
    const { seeds, settings } = await mine("--config", configured(values), "--sets", "2")
    expect({ settings, seeds }).toMatchObject({ settings: { sets: 2, sizes: "1,2" }, seeds: { mine: 7 } })
    const bare = await mine("--out", at("sets"), "--k", "1")
    expect(bare).toMatchObject({ settings: { sizes: "1" }, seeds: { mine: 0 } })
    expect(bare.settings).not.toHaveProperty("sets")
  })

  test("is found in the working directory", async () => {
    const before = process.cwd()
    process.chdir(folder.path)
    try {
      // With a byte order mark, as editors on Windows write it.
      writeFileSync("nuner.config.json", `\uFEFF${JSON.stringify({ mine: { sets: 4, k: [1] } })}`)
      expect(await mine("--out", "found")).toMatchObject({ settings: { sets: 4, sizes: "1" } })
    } finally {
      process.chdir(before)
    }
  })

  test("at its top stands what every command takes", async () => {
    const values = { json: true, annotate: { ledger: "postgres://me:hidden@host/db" } }
    const { out } = await inProcess("config", "--config", configured(values))
    expect(JSON.parse(out)).toEqual({ json: true, annotate: { ledger: expect.stringMatching(/^postgres:.*host/) } })
    expect(out).not.toContain("hidden")
    expect((await inProcess("config", "--no-json", "--config", config)).out).toStartWith(`${config}:`)
  })

  test.each([
    [{ mine: { setts: 3 } }, 'mine.setts: unknown; did you mean "sets"?'],
    [{ mein: {} }, 'mein: unknown; did you mean "mine"?'],
    [{ tadner: { train: { epohcs: 3 } } }, 'tadner.train.epohcs: unknown; did you mean "epochs"?'],
    [{ mine: { sets: "3" } }, 'mine.sets: expected number, got "3"'],
    [{ pretrain: { learningRate: 0 } }, "pretrain.learningRate: expected a value greater than 0, got 0"],
    [{ fit: { mode: "fast" } }, "fit.mode: expected"],
    [{ mine: 3 }, "mine: expected an object of the options of nuner mine"],
    ["[]", "expected an object of commands"],
    ["{", "not JSON"]
  ])("%j is refused, also where another command is run", async (value, reason) => {
    const { code, err } = await inProcess("align", "nothing.jsonl", "--out", at("x"), "--config", configured(value))
    expect(code).toBe(1)
    expect(err).toContain(`error: ${config}: ${reason}`)
  })

  test("has a schema with every option of every command", () => {
    const schema = configurationSchema(commandInfos) as { properties: Record<string, unknown> }
    for (const { options, path } of commandInfos) {
      const place = path.split(" ").filter((name) => name !== "")
      const { additionalProperties, properties } = place.reduce<Record<string, unknown>>(
        (at, name) => (at.properties as Record<string, Record<string, unknown>>)[name]!,
        schema
      )
      expect(additionalProperties).toBe(false)
      for (const { default: value, name } of options) {
        expect({ path, name, properties }).toHaveProperty(["properties", name])
        if (value !== undefined)
          expect((properties as Record<string, { default?: unknown }>)[name]!.default).toEqual(value)
      }
    }
  })
})

describe("flags", () => {
  test.each([
    [["mine", "x"], 'mine: option "out": is missing (--out: a folder for the sets)'],
    [["mine", "x", "-o", "y", "--sets", "0"], 'option "sets": expected a value between 1 and 1000000, got 0'],
    [["mine", "x", "-o", "y", "--k", "1,b"], "k"],
    [
      ["fit", "x", "-o", "y", "--class-weights", "person=-1"],
      'option "classWeights.person": expected a value greater than 0, got -1'
    ],
    [["encode", "x", "-o", "y.jsonl", "--layers", "-1,x"], "layers"],
    [["pretrain", "x", "-o", "y", "--temperature", "hot"], "temperature"]
  ])("%j is refused by name", async (args, reason) => {
    const { code, err } = await inProcess(...args)
    expect(code).toBe(1)
    expect(err).toContain(reason)
    expect(err.trim().split("\n")).toHaveLength(1)
  })

  test("every option has a help, a phrase; no two of a command share a name", () => {
    for (const { options, path } of commandInfos) {
      const names = options.flatMap(({ alias, flag }) => [flag, ...(alias === undefined ? [] : [alias])])
      expect({ path, twice: names.filter((name, i) => names.indexOf(name) < i) }).toEqual({ path, twice: [] })
      for (const { flag, help } of options) {
        expect({ path, flag, help }).toMatchObject({ help: expect.stringMatching(/[^.]$/) })
      }
    }
  })

  test("the help says type, range, default and unit of the schema", async () => {
    const { out } = await inProcess("annotate", "--help")
    expect(out).toMatch(/--concurrency integer .*1 to 256; default 16/)
    expect(out).toMatch(/--timeout-seconds number .*above 0; seconds; default 120/)
    expect(out).toMatch(/--tokens-per-minute number .*--max-tokens of every request; above 0; default: unlimited/)
    const pretraining = (await inProcess("pretrain", "--help")).out
    expect(pretraining).toMatch(/--learning-rate number .*default paper 3e-5, small 1e-3, adapt 3e-4/)
  })
})

describe("an option that would do nothing is refused", () => {
  const train = at("train.conll")
  const recorded = ["--provider", "recorded", "--model", "m", "--answers", train]
  test.each([
    [["predict", "mini", "Ada saw Paris", "--paragraphs", "line"], "paragraphs", "there is none"],
    [["mine", train, "--k", "1", "--text-column", "1"], "textColumn", "no effect on data of the format conll"],
    [["concepts", train, "--seed", "3"], "seed", "with --sentences only"],
    [["mine", train, "--k", "1", "--test-size", "3"], "testSize", "with --test only"],
    [["tadner", "episodes", "x.jsonl", "--model", "m", "--count", "3"], "count", "with --n only"],
    [["tadner", "episodes", "x.jsonl", "--model", "m", "--untyped", "x"], "untyped", "with --n only"],
    [
      ["tadner", "train", train, "--mode", "published", "--lose-adjacent-singletons"],
      "loseAdjacentSingletons",
      "BIOES"
    ],
    [["pretrain", train, "--decay", "0.2"], "decay", "with --schedule stable only"],
    [["pretrain", train, "--steps", "3", "--epochs", "2"], "epochs", "without --steps only"],
    [["pretrain", train, "--lora-alpha", "4"], "loraAlpha", "with --lora-rank only"],
    [["pretrain", train, "--patience", "2", "--validation", "0"], "patience", "where --validation is not 0 only"],
    [["fit", train, "--mode", "full", "--patience", "2"], "patience", "with --dev only"],
    [["encode", train, "--pooling", "mean", "--offsets", "bytes"], "offsets", "with --pooling none or word only"],
    [
      ["llm-baseline", "--train", train, "--test", train, ...recorded, "--k", "0", "--sets", "2"],
      "sets",
      "no sets are drawn"
    ],
    [["review", train, "--audit", "3", "--strategy", "order"], "strategy", "with --audit 0 only"],
    [
      ["run", train, "--provider", "openai", "--model", "m", "--task", "t=a,b", "--hidden", "9"],
      "hidden",
      "mini is there"
    ]
  ])("%j", async (args, option, reason) => {
    const out = args[0] === "predict" ? [] : ["--out", at("idle")]
    const { code, err } = await inProcess(...args, ...out)
    expect(err).toContain(`option "${option}"`)
    expect(err).toContain(reason)
    expect({ code, left: existsSync(at("idle")) }).toEqual({ code: 1, left: false })
  })

  test("a preset's own value counts: a base from nothing has schedule stable", async () => {
    const { err } = await inProcess("base", train, "--out", at("idle"), "--decay", "0.2")
    expect(err).toContain("nothing is learned with 0 tokens")
  })
})

test("nuner run takes every option with which nuner annotate asks", () => {
  const optionsOf = (command: string) => commandInfos.find(({ path }) => path === command)!.options
  const asking = optionsOf("annotate").filter(({ component }) => component !== "data")
  const taken = optionsOf("run").map(({ field }) => field)
  expect(asking.map(({ field }) => field).filter((field) => !taken.includes(field))).toEqual([])
})

test("a program reads the flags of nuner annotate for a job of its own", async () => {
  const flags = ["--provider", "openai", "--model", "m", "--max-cost", "2", "--batch", "--prompt", "structured"]
  const { prompt, ...read } = await Effect.runPromise(annotationFlags("job", flags))
  expect({ ...read, prompt: prompt?.name }).toEqual({
    ...{ provider: "openai", model: "m", maxCost: 2, batch: true },
    prompt: structured.name
  })
  const refused = (...more: ReadonlyArray<string>) =>
    Effect.runPromise(Effect.flip(annotationFlags("job", [...flags, ...more])))
  expect((await refused("--timeout-seconds", "-1")).message).toContain('job: option "timeoutSeconds"')
  expect((await refused("--concurency", "3")).message).toContain("--concurency")
})
