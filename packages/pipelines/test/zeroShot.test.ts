import { afterAll, expect, test } from "bun:test"
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { path } from "@nuner/mini"
import { type EvaluationFile, parseTypes } from "@nuner/pipelines"
import { tempDir } from "@nuner/testing"
import { inProcess } from "./support/inProcess.ts"

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

test("zero calibrate makes a zero-shot model of two encoders and annotated sentences", async () => {
  const model = folder.file("pair")
  cpSync(path, model, { recursive: true })
  rmSync(join(model, "bi-encoder.json"))
  expect((await inProcess("predict", model, text, "--types", "country")).err).toContain("knows its types")
  mkdirSync(join(model, "concepts"))
  writeFileSync(join(model, "concepts", "scorer.json"), "{}")
  expect((await inProcess("predict", model, text, "--types", "country")).err).toContain("nuner zero calibrate")
  rmSync(join(model, "concepts"), { recursive: true })
  const cities = ["Berlin", "Paris", "Oslo", "Lima"]
  const lines = ["Ada Lovelace", "Alan Turing", "Grace Hopper"].flatMap((person) =>
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
  writeFileSync(folder.file("aligned.jsonl"), lines.join("\n"))
  const options = ["--concepts", "mini-concepts", "--threshold", "0.4"]
  const { code, out } = await inProcess("zero", "calibrate", model, folder.file("aligned.jsonl"), ...options)
  expect(code).toBe(0)
  expect(out).toContain("12 sentences")
  const found = await inProcess("zero", "predict", model, "Ada Lovelace saw Oslo.", "--types", "city")
  expect(found.code).toBe(0)
  expect(found.out).toContain("[Oslo|city]")
}, 60_000)

test("a type may be read as a description, and in several phrasings", () => {
  expect(parseTypes(["person,place", "drug=drug: a medicine, of any kind", "drug=medication"])).toEqual([
    { name: "person", read: ["person"] },
    { name: "place", read: ["place"] },
    { name: "drug", read: ["drug: a medicine, of any kind", "medication"] }
  ])
  expect(parseTypes(undefined)).toBeUndefined()
})
