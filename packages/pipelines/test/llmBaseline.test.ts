import { afterAll, describe, expect, test } from "bun:test"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { aligner } from "@nuner/aligner"
import { type LabelledSentence, rng } from "@nuner/core"
import { FakeLlm, tempDir, withData } from "@nuner/testing"
import { entitiesOf } from "../src/llm/entitiesOf.ts"
import type { LlmPrediction, LlmRun } from "../src/llm/LlmRun.ts"
import { planBaseline } from "../src/llm/planBaseline.ts"
import { type Question, questionsOf } from "../src/llm/questions.ts"
import { inProcess } from "./support/inProcess.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)
afterAll(() => folder[Symbol.dispose]())

const run = (...args: ReadonlyArray<string>) => inProcess("llm-baseline", ...args)
const lines = <A>(path: string): Array<A> =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

const people = ["Ada", "Emmy", "Kurt", "Grace"]
const towns = ["Paris", "Lima", "Oslo", "Cairo"]
const rows = (count: number, seed: number) => {
  const random = rng(seed)
  return Array.from({ length: count }, () => [people[random.int(4)]!, towns[random.int(4)]!] as const)
}
const columns = (list: ReturnType<typeof rows>): string =>
  list.map(([person, town]) => `${person} B-PER\nleft O\n${town} B-LOC\n. O\n`).join("\n")
const testRows = [
  ["Ada", "Paris"],
  ["Emmy", "Lima"],
  ["Kurt", "Oslo"]
] as const
writeFileSync(at("train.conll"), columns(rows(30, 1)))
writeFileSync(at("test.conll"), columns([...testRows]))
writeFileSync(at("names.json"), JSON.stringify({ PER: "person", LOC: "place" }))
const files = ["--train", at("train.conll"), "--test", at("test.conll"), "--type-names", at("names.json")]

describe("nuner llm-baseline with recorded answers", () => {
  const recorded = ["--provider", "recorded", "--model", "m", "--answers"]

  test("in-context: what is answered is aligned and scored; what is not, is counted", async () => {
    const answers = [
      { text: "Ada left Paris .", response: "Ada <> person\nParis <> Place" },
      // One right, one of another type, one that does not stand there, one of no known type.
      { text: "Emmy left Lima .", response: "Emmy <> person\nLima <> person\nMars <> place\nleft <> verb" }
      // Nothing was recorded for the third.
    ]
    writeFileSync(at("answers.jsonl"), answers.map((answer) => JSON.stringify(answer)).join("\n"))
    const { code, out } = await run(...files, "--out", at("context"), ...recorded, at("answers.jsonl"))
    expect(code).toBe(0)
    const [only] = lines<LlmRun>(at("context/runs.jsonl"))
    expect(only).toMatchObject({
      ...{ method: "in-context", unit: "k", size: 0, set: 0, examples: 0, testSentences: 3, mentions: 5 },
      ...{ unanswered: { rejected: 1 }, unreadable: { "unknown type": 1 } }
    })
    expect(only!.unaligned).toMatchObject({ absent: 1 })
    // Entities: 3 of 4 predicted are right, of 6. PER: P 2/3, R 2/3; LOC: P 1, R 1/3.
    expect(only!.entityMicroF1).toBeCloseTo((100 * 2 * 3) / (4 + 6), 9)
    expect(only!.tokenMacroF1).toBeCloseTo(100 * ((2 / 3 + 1 / 2) / 2), 9)
    expect(lines<LlmPrediction>(at("context/predictions.jsonl"))[1]).toEqual({
      ...{ unit: "k", size: 0, set: 0, sentence: 1, text: "Emmy left Lima ." },
      entities: [
        { start: 0, end: 1, type: "PER" },
        { start: 2, end: 3, type: "PER" }
      ]
    })
    expect(out).toMatch(/0 \(no examples\) +\| +1 \| +58.3 \| +60.0 /)
    expect(out).toContain("1 of 5")
  })

  test("universal-ner: a question a type, the answers put together", async () => {
    const answers = testRows.flatMap(([person, town]) => [
      { text: `${person} left ${town} .`, type: "PER", response: JSON.stringify([person]) },
      { text: `${person} left ${town} .`, type: "LOC", response: person === "Ada" ? "[]" : `Sure: ["${town}"]` }
    ])
    writeFileSync(at("lists.jsonl"), answers.map((answer) => JSON.stringify(answer)).join("\n"))
    const args = [...files, "--out", at("universal"), "--method", "universal-ner", ...recorded, at("lists.jsonl")]
    expect((await run(...args)).code).toBe(0)
    const [only] = lines<LlmRun>(at("universal/runs.jsonl"))
    expect(only!.entityMicroF1).toBeCloseTo((100 * 2 * 5) / (5 + 6), 9)
    expect(only).toMatchObject({ requests: 6, unanswered: {} })
    expect((await run(...args, "--k", "1")).err).toContain("has no place for examples")
  })
})

describe("nuner llm-baseline over the wire", () => {
  process.env.NUNER_TEST_KEY = "sk-secret"
  const provider = (fake: FakeLlm) => [
    ...["--provider", "openai-compatible", "--base-url", fake.openAiUrl, "--key-variable", "NUNER_TEST_KEY"],
    ...["--model", "gpt-4o-mini", "--k", "0,1,2", "--sets", "2"]
  ]
  /** Knows all names, in the prompt's form. */
  const clever = () =>
    new FakeLlm({
      fault: ({ body }) => {
        const prompt = JSON.stringify(body)
        const text = prompt.slice(prompt.lastIndexOf("Text: "))
        const said = [...people.map((name) => [name, "person"]), ...towns.map((name) => [name, "place"])]
        const found = said.filter(([name]) => text.includes(name!)).map(([name, type]) => `${name} <> ${type}`)
        return { type: "text", text: found.join("\n") }
      }
    })

  test("k examples are shown; tokens and cost are those of the bill; a rerun asks nothing", async () => {
    const fake = clever()
    try {
      const args = [...files, "--out", at("wire"), ...provider(fake)]
      const forecast = await run(...args, "--dry-run")
      expect(forecast.out).toMatch(/5 sets\n15 sentences: 15 requests/)
      expect(fake.bill.requests).toBe(0)
      const { code, out } = await run(...args)
      expect(code).toBe(0)
      expect(fake.bill.requests).toBe(15)
      const runs = lines<LlmRun>(at("wire/runs.jsonl"))
      expect(runs.map(({ set, size }) => [size, set])).toEqual([
        [0, 0],
        [1, 0],
        [1, 1],
        [2, 0],
        [2, 1]
      ])
      expect(runs.every(({ entityMicroF1, tokenMacroF1 }) => entityMicroF1 === 100 && tokenMacroF1 === 100)).toBe(true)
      const sum = (of: (run: LlmRun) => number) => runs.reduce((total, run) => total + of(run), 0)
      expect(sum(({ inputTokens }) => inputTokens)).toBe(fake.bill.inputTokens)
      expect(sum(({ outputTokens }) => outputTokens)).toBe(fake.bill.outputTokens)
      expect(sum(({ cost }) => cost!)).toBeGreaterThan(0)
      expect(out).toMatch(/\| 2 +\| +2 \| +100.0 ± 0.0 \| +100.0 ± 0.0 \|.*\$0\.0/)
      const shown = fake.calls.map(({ body }) => JSON.stringify(body).match(/Answer:\\n/g)?.length ?? 0)
      expect(shown.slice(0, 3)).toEqual([0, 0, 0])
      expect(shown.slice(3).every((examples) => examples > 0)).toBe(true)
      expect(JSON.stringify(fake.calls[0]!.body)).toContain("Entity types: place, person")

      rmSync(at("wire/runs.jsonl"))
      expect((await run(...args)).code).toBe(0)
      expect(fake.bill.requests).toBe(15)
      expect(lines<LlmRun>(at("wire/runs.jsonl"))).toEqual(runs)
    } finally {
      await fake.stop()
    }
  })

  test("a spent budget ends it in one line; a larger one goes on where it stopped", async () => {
    const fake = clever()
    try {
      const args = [...files, "--out", at("budget"), ...provider(fake), "--max-tokens", "100"]
      const cut = await run(...args, "--max-cost", "0.0003", "--concurrency", "1")
      expect(cut.code).toBe(3)
      expect(cut.err).toMatch(
        /incomplete: llm: missing: \d questions over budget, \d sets over budget \(raise --max-cost/
      )
      expect(fake.bill.requests).toBeLessThan(15)
      expect(lines<LlmRun>(at("budget/runs.jsonl")).length).toBeLessThan(5)
      expect((await run(...args, "--max-cost", "1")).code).toBe(0)
      expect(fake.bill.requests).toBe(15)
      expect(lines<LlmRun>(at("budget/runs.jsonl"))).toHaveLength(5)
    } finally {
      await fake.stop()
    }
  })
})

test("examples of so many words, in the recorded answers' own field", async () => {
  const answers = testRows.map(([person, town]) => ({
    ...{ text: `${person} left ${town} .`, words: 1, set: 1 },
    response: `${person} <> person\n${town} <> place`
  }))
  writeFileSync(at("words.jsonl"), answers.map((answer) => JSON.stringify(answer)).join("\n"))
  const recorded = ["--provider", "recorded", "--model", "m", "--answers", at("words.jsonl")]
  expect((await run(...files, "--out", at("words"), ...recorded, "--words", "1", "--sets", "2")).code).toBe(0)
  const runs = lines<LlmRun>(at("words/runs.jsonl"))
  expect(runs.map(({ entityMicroF1, set, size, unit }) => [unit, size, set, entityMicroF1])).toEqual([
    ["words", 1, 0, 0],
    ["words", 1, 1, 100]
  ])
})

withData("the old sampler by name gives the prompts that recorded answers were given to", async (data) => {
  const place = (name: string) => join(data, "few-shot", name)
  const tasks = {
    "mit-movie": [place("mit-movie/train.bio"), place("mit-movie/test.bio")],
    wnut17: [place("wnut17/train.conll"), place("wnut17/test.conll")]
  } as const
  for (const [name, [train, test]] of Object.entries(tasks)) {
    const plan = await planBaseline({
      ...{ method: "in-context", train, test, out: at("plan"), unit: "k", sizes: [8], sets: 1, seed: 0 },
      ...{ sampler: "rarest-first", testSize: 150, provider: "recorded", model: "m" }
    })
    const [{ prompt }] = questionsOf("in-context", plan.types, plan.sets[0]!.examples) as [Question]
    const text = readFileSync(join(data, `llm-in-context/${name}.k8-prompt.txt`), "utf8")
    expect(prompt.text).toBe(text)
  }
})

test("mentions become words: grown to those that they touch, the longest of those that overlap, every occurrence", () => {
  const words = ["U.S.-based", "Acme", "Corp", "beat", "Acme", "."]
  const sentence: LabelledSentence = { words, entities: [] }
  const said = [
    { entity: "U.S.", concept: "place" },
    { entity: "Acme", concept: "brand" },
    { entity: "Acme Corp", concept: "company" }
  ]
  expect(entitiesOf(sentence, said, aligner({ overlap: "longest" }))).toEqual([
    { start: 0, end: 1, type: "place" },
    { start: 1, end: 3, type: "company" },
    { start: 4, end: 5, type: "brand" }
  ])
})
