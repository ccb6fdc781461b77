import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { writeFileSync } from "node:fs"
import { commandInfos, configurationSchema } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
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
      writeFileSync("nuner.config.json", JSON.stringify({ mine: { sets: 4, k: [1] } }))
      expect(await mine("--out", "found")).toMatchObject({ settings: { sets: 4, sizes: "1" } })
    } finally {
      process.chdir(before)
    }
  })

  test("at its top stands what every command takes", async () => {
    const { out } = await inProcess("config", "--config", configured({ json: true, mine: { sets: 3 } }))
    expect(JSON.parse(out)).toEqual({ json: true, mine: { sets: 3 } })
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
    expect(out).toMatch(/--concurrency integer .*1 to 1024; default 16/)
    expect(out).toMatch(/--timeout-seconds number .*above 0; seconds; default 120/)
    expect(out).toMatch(/--tokens-per-minute number .*--max-tokens of every request; above 0; default: unlimited/)
    const pretraining = (await inProcess("pretrain", "--help")).out
    expect(pretraining).toMatch(/--learning-rate number .*default paper 3e-5, small 1e-3, adapt 3e-4/)
  })
})
