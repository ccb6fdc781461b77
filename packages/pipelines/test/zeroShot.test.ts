import { afterAll, expect, spyOn, test } from "bun:test"
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { path } from "@nuner/mini"
import { type EvaluationFile, nuner, Progress, parseTypes, reviewStage } from "@nuner/pipelines"
import { tempDir, testEngine } from "@nuner/testing"
import { Effect, Fiber } from "effect"
import { zeroShotTypes } from "../src/inputs/readTypeNames.ts"
import { inProcess } from "./support/inProcess.ts"
import { saveBase } from "./support/saveBase.ts"

await testEngine()
const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

const text = "Angela Merkel of the Christian Democratic Union was sworn in in Germany."

test("predict asks a zero-shot model for the types that it is given", async () => {
  const types = ["--types", "politician", "--types", "party=political party", "--types", "country"]
  const { code, out } = await inProcess("predict", "mini", text, "--min-score", "0.3", ...types)
  expect(code).toBe(0)
  expect(out.trim()).toBe(
    "[Angela Merkel|politician] of the [Christian Democratic Union|party] was sworn in in [Germany|country]."
  )
})

test("a zero-shot model wants types, and a model that knows its own takes none", async () => {
  const { code, err } = await inProcess("predict", "mini", text)
  expect(code).toBe(1)
  expect(err).toContain("--types")
})

test("evaluate asks for the types of the gold, by their labels in words", async () => {
  expect(await zeroShotTypes(["PoliticalParty", "constructor"], undefined)).toEqual([
    { name: "PoliticalParty", read: "political party" },
    { name: "constructor", read: "constructor" }
  ])
  const line = (words: string, tags: string) =>
    words
      .split(" ")
      .map((word, i) => `${word} ${tags.split(" ")[i]}`)
      .join("\n")
  const gold = [
    line("Angela Merkel was sworn in in Germany", "B-politician I-politician O O O O B-country"),
    line("The Green Party won in Norway", "O B-PoliticalParty I-PoliticalParty O O B-country")
  ]
  writeFileSync(folder.file("gold.conll"), gold.join("\n\n"))
  const out = folder.file("evaluation.json")
  const { code } = await inProcess("evaluate", "mini", folder.file("gold.conll"), "-o", out)
  expect(code).toBe(0)
  const file = (await Bun.file(out).json()) as EvaluationFile
  expect(Object.keys(file.entities.types).sort()).toEqual(["PoliticalParty", "country", "politician"])
  expect(file.entities.micro.recall).toBeGreaterThanOrEqual(0.5)
  expect(file.calibration).toBeDefined()
})

/** Twelve sentences and their mentions. */
const cities = ["Berlin", "Paris", "Oslo", "Lima"]
const annotated = ["Ada Lovelace", "Alan Turing", "Grace Hopper"].flatMap((person) =>
  cities.map((city, i) => {
    const text = `On Monday ${person} drove a red car through ${city}.`
    const at = (part: string, concept: string) => {
      const start = text.indexOf(part)
      return { start, end: start + part.length, concept, match: "exact" }
    }
    const mentions = [at("Monday", "date"), at(person, "person"), at("red car", "vehicle"), at(city, "city")]
    return JSON.stringify({ id: `${person} ${i}`, text, mentions })
  })
)

test("zero calibrate makes a zero-shot model of two encoders and annotated sentences", async () => {
  const model = folder.file("pair")
  cpSync(path, model, { recursive: true })
  rmSync(join(model, "bi-encoder.json"))
  expect((await inProcess("predict", model, text, "--types", "country")).err).toContain("knows its types")
  mkdirSync(join(model, "concepts"))
  writeFileSync(join(model, "concepts", "scorer.json"), "{}")
  expect((await inProcess("predict", model, text, "--types", "country")).err).toContain("nuner zero calibrate")
  rmSync(join(model, "concepts"), { recursive: true })
  writeFileSync(folder.file("aligned.jsonl"), annotated.join("\n"))
  const options = ["--concepts", "mini-concepts", "--threshold", "0.4"]
  const { code, out } = await inProcess("zero", "calibrate", model, folder.file("aligned.jsonl"), ...options)
  expect(code).toBe(0)
  expect(out).toContain("12 sentences")
  const found = await inProcess("zero", "predict", model, "Ada Lovelace saw Oslo.", "--types", "city")
  expect(found.code).toBe(0)
  expect(found.out).toContain("[Oslo|city]")
}, 240_000)

test("pretrain leaves a zero-shot model where it has sentences to calibrate on", async () => {
  const texts = annotated.map((line) => (JSON.parse(line) as { text: string }).text)
  const shape = { hidden: 16, layers: 1, heads: 2, feedForward: 32, positions: 66, initializerRange: 0.2 }
  await saveBase(folder.file("base"), [...texts, "date person vehicle city"], { shape, seed: 0 })
  writeFileSync(folder.file("train.jsonl"), annotated.slice(0, 6).join("\n"))
  writeFileSync(folder.file("held.jsonl"), annotated.slice(6).join("\n"))
  const out = folder.file("pretrained")
  const training = ["--base", folder.file("base"), "--steps", "40", "--learning-rate", "0.01", "--validation", "0"]
  const options = ["-o", out, ...training, "--calibrate", folder.file("held.jsonl")]
  const { code, out: said } = await inProcess("pretrain", folder.file("train.jsonl"), ...options)
  expect(code).toBe(0)
  expect(said).toContain("6 sentences")
  expect((await inProcess("predict", out, "Ada Lovelace saw Oslo.", "--types", "city")).code).toBe(0)
  const without = await inProcess("pretrain", folder.file("train.jsonl"), ...options, "--no-concepts")
  expect(without.err).toContain("calibrate")
}, 240_000)

test("thresholds of single types are asked for, and refused where they are none", async () => {
  const types = ["--types", "politician,country"]
  const sure = await inProcess("predict", "mini", text, ...types, "--thresholds", "country=1,politician=0.2")
  expect(sure.out.trim()).toBe(text.replace("Angela Merkel", "[Angela Merkel|politician]"))
  for (const [given, message] of [
    ["country", "no type with a probability"],
    ["country=2", "no type with a probability"],
    ["planet=0.5", "none of the types"]
  ]) {
    const { code, err } = await inProcess("predict", "mini", text, ...types, "--thresholds", given!)
    expect(code).toBe(1)
    expect(err).toContain(message!)
  }
})

test("what a zero-shot model could not represent is told, on the last line as JSON", async () => {
  const asked = ["--types", "country,country,person"]
  const long = "Nothing of note was said there. ".repeat(80)
  const { err } = await inProcess("predict", "mini", long, ...asked)
  expect(err).toContain("1 texts were longer than is read at once")
  const { out } = await inProcess("predict", "mini", long, "!", ...asked, "--json")
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  expect(lines).toHaveLength(3)
  expect(lines[2]).toEqual({
    format: "nuner-limits-1",
    ...{ emptyTexts: 0, windowedTexts: 1, unreadWords: 0, repeatedTypes: 0, typeGroups: 1 }
  })
}, 240_000)

test("entities that are wider than a model of spans reaches are counted", async () => {
  const model = join(import.meta.dir, "../../zeroshot/test/fixtures/marker") // spans of 4 words
  const words = "The Royal Society of Great Old Britain met".split(" ")
  const tags = "O B-body I-body I-body I-body I-body I-body O".split(" ")
  writeFileSync(folder.file("wide.conll"), words.map((word, i) => `${word} ${tags[i]}`).join("\n"))
  const { code, out } = await inProcess("evaluate", model, folder.file("wide.conll"), "--json")
  expect(code).toBe(0)
  expect((JSON.parse(out.trim()) as EvaluationFile).limits).toMatchObject({ maxWidth: 4, tooWide: 1 })
  const said = await inProcess("evaluate", model, folder.file("wide.conll"))
  expect(said.out).toContain("1 entities have more than 4 words, out of reach")
})

test("zero thresholds chooses on labelled sentences and keeps them in the directory", async () => {
  const model = folder.file("chosen")
  cpSync(join(import.meta.dir, "../../zeroshot/test/fixtures/width-1"), model, { recursive: true })
  writeFileSync(folder.file("few.conll"), "Ada B-person\nsaw O\nOslo B-city\n\nBob B-person\nleft O\n")
  const chosen = await inProcess("zero", "thresholds", model, folder.file("few.conll"), "--mentions", "1", "--json")
  expect(chosen.code).toBe(0)
  const { entityF1: _, ...thresholds } = JSON.parse(chosen.out.trim())
  expect(await Bun.file(join(model, "thresholds.json")).json()).toEqual({ format: "nuner-thresholds-1", ...thresholds })
  const refused = await inProcess("zero", "thresholds", "mini", folder.file("few.conll"))
  expect(refused.err).toContain("no directory of a zero-shot model")
})

test("serve answers with the types that the model was started with", async () => {
  const serving = Effect.runFork(nuner(["serve", "mini", "--types", "politician,country", "--port", "0", "--json"]))
  const said = spyOn(console, "log").mockImplementation(() => {})
  try {
    while (said.mock.calls.length === 0 && serving.pollUnsafe() === undefined) await Bun.sleep(20)
    const { url } = JSON.parse(String(said.mock.calls[0]![0]))
    const health = await (await fetch(`${url}/health`)).json()
    expect(health).toMatchObject({ status: "ok", types: ["politician", "country"] })
    const body = JSON.stringify({ texts: [text, ""], minScore: 0.3 })
    const answer = await fetch(`${url}/predict`, { method: "POST", body })
    const { entities } = (await answer.json()) as { entities: Array<Array<{ text: string; type: string }>> }
    expect(entities.map((found) => found.map(({ text, type }) => `${text}: ${type}`))).toEqual([
      ["Angela Merkel: politician", "Germany: country"],
      []
    ])
  } finally {
    said.mockRestore()
    await Effect.runPromise(Fiber.interrupt(serving))
  }
}, 240_000)

test("review shows what a zero-shot model finds of the types that are labelled", async () => {
  writeFileSync(folder.file("raw.txt"), text)
  const options = { input: folder.file("raw.txt"), encoder: "mini", model: "mini", types: ["politician", "country"] }
  const shown = Effect.gen(function* () {
    const url = yield* reviewStage({ ...options, folder: folder.file("answers"), heldOut: 0 })
    return yield* Effect.promise(async () => {
      const { origin } = new URL(url)
      const cookie = (await fetch(url, { redirect: "manual" })).headers.get("set-cookie")!.split(";")[0]!
      const body = JSON.stringify({ person: "Ada", tab: "a", count: 1, open: [] })
      return (await fetch(`${origin}/api/next`, { method: "POST", body, headers: { cookie, origin } })).json()
    })
  })
  const tasks = await Effect.runPromise(Effect.scoped(shown).pipe(Effect.provide(Progress.silent)))
  expect(tasks).toMatchObject([
    {
      entities: [
        { start: 0, end: 2, type: "politician" },
        { start: 11, end: 12, type: "country" }
      ]
    }
  ])
}, 240_000)

test("a type may be read as a description, and in several phrasings", () => {
  expect(parseTypes(["person,place", "drug=drug: a medicine, of any kind", "drug=medication"])).toEqual([
    { name: "person", read: ["person"] },
    { name: "place", read: ["place"] },
    { name: "drug", read: ["drug: a medicine, of any kind", "medication"] }
  ])
  expect(parseTypes(undefined)).toBeUndefined()
  expect(parseTypes(["person, place,"])).toEqual(parseTypes(["person,place"])!)
  expect(() => parseTypes([",,"])).toThrow('option "types": names none (write person,city)')
})
