import { afterAll, describe, expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type LabelledSentence, readLabelled, readManifest } from "@nuner/core"
import { entityMicro } from "@nuner/metrics"
import { FakeLlm, tempDir, withData } from "@nuner/testing"
import { inProcess } from "./support/inProcess.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)
afterAll(() => folder[Symbol.dispose]())

const run = (...args: ReadonlyArray<string>) => inProcess("label", ...args)
const writeRows = (name: string, rows: ReadonlyArray<object>): string => {
  writeFileSync(at(name), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`)
  return at(name)
}
const rowsOf = (path: string) =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

const recorded = (answers: string) => ["--provider", "recorded", "--model", "m", "--answers", answers]

test("what is answered becomes labelled sentences, with the fields of their records; what is lost is counted", async () => {
  const texts = writeRows("texts.jsonl", [
    { id: 7, text: "Ada joined Acme Corp. in U.S.-based Lima.", source: "a" },
    { id: 8, text: "Nobody came." },
    { id: 9, text: "Unheard of." }
  ])
  const answers = writeRows("answers.jsonl", [
    {
      text: "Ada joined Acme Corp. in U.S.-based Lima.",
      response: "Ada <> Person\nAcme <> company\nAcme Corp. <> company\nU.S. <> place\nMars <> place\nLima <> town"
    },
    { text: "Nobody came.", response: "none" }
  ])
  const { code, err } = await run(
    ...[texts, "--types", "person,company,place", "--out", at("labelled.jsonl"), ...recorded(answers)]
  )
  expect(err).toContain("3 entities (1 person, 1 company, 1 place) of 5 mentions, 2 of them without a place")
  // One sentence has no answer.
  expect(code).toBe(2)
  expect(rowsOf(at("labelled.jsonl"))).toEqual([
    {
      ...{ id: "7", text: "Ada joined Acme Corp. in U.S.-based Lima.", source: "a" },
      entities: [
        { start: 0, end: 3, type: "person" },
        { start: 11, end: 21, type: "company" },
        { start: 25, end: 29, type: "place" }
      ]
    },
    { id: "8", text: "Nobody came.", entities: [] }
  ])
  expect(rowsOf(at("labelled.failed.jsonl"))).toMatchObject([{ id: "9", text: "Unheard of." }])
  const { counts } = await readManifest(at("labelled.jsonl.manifest.json"))
  expect(counts.sentences).toMatchObject({ in: 3, out: 2 })
  expect(counts.lines).toEqual({ in: 6, out: 5, dropped: { "unknown type": 1 } })
  expect(counts.annotations).toMatchObject({ in: 5, out: 3, dropped: { absent: 1, overlap: 1 } })
  expect(counts.entities).toMatchObject({ in: 3, out: 3 })
})

test("types come from --types, else from --define, else from the examples; what they mean is shown", async () => {
  process.env.NUNER_TEST_KEY = "sk-secret"
  const fake = new FakeLlm({ fault: () => ({ type: "text", text: "Ada <> person" }) })
  try {
    const texts = writeRows("one.jsonl", [{ text: "Ada left." }])
    const examples = writeRows("few.jsonl", [
      { words: ["Kurt", "came"], entities: [{ start: 0, end: 1, type: "person" }] }
    ])
    writeFileSync(at("define.json"), JSON.stringify({ town: "a place to live", person: "a human" }))
    const provider = [
      ...["--provider", "openai-compatible", "--base-url", fake.openAiUrl, "--key-variable", "NUNER_TEST_KEY"],
      ...["--model", "m", "--out"]
    ]
    const asked = async (name: string, ...args: ReadonlyArray<string>) => {
      const { code, err } = await run(texts, ...provider, at(`asked-${name}.jsonl`), ...args)
      expect({ code, err }).toMatchObject({ code: 0 })
      const { messages } = fake.calls.at(-1)!.body as { messages: ReadonlyArray<{ content: string }> }
      return messages[0]!.content
    }
    expect(await asked("a", "--types", "person,firm")).toContain("\nEntity types: person, firm\n")
    const defined = await asked("b", "--define", at("define.json"))
    expect(defined).toContain(
      "\nEntity types: town, person\nDefinitions:\n- town: a place to live\n- person: a human\n"
    )
    const shown = await asked("c", "--examples", examples)
    expect(shown).toContain("\nEntity types: person\n")
    expect(shown).toEndWith("\n\nText: Kurt came\nAnswer:\nKurt <> person\n\nText: Ada left.\nAnswer:")
    expect(fake.bill.requests).toBe(3)
    expect((await run(texts, ...provider, at("x.jsonl"))).err).toContain('error: label: option "types": names no type')
    expect((await run(texts, ...provider, at("x.jsonl"), "--types", "firm", "--examples", examples)).err).toContain(
      '"person" is not one of the types'
    )
    const dry = await run(texts, ...provider, at("dry.jsonl"), "--types", "person", "--dry-run")
    expect(dry.out).toContain("1 sentences: 1 requests")
    expect(fake.bill.requests).toBe(3)
  } finally {
    await fake.stop()
  }
})

describe("on three tasks", () => {
  /** The examples of a prompt, as a file of labelled sentences: the words are those between spaces. */
  const examplesOf = (prompt: string) =>
    prompt
      .split("\n\nText: ")
      .slice(1)
      .map((block) => {
        const [text, answer] = block.trimEnd().split("\nAnswer:\n") as [string, string]
        const words = text.split(" ")
        let from = 0
        const entities = (answer === "none" ? [] : answer.split("\n")).map((line) => {
          const [mention, type] = line.split(" <> ") as [string, string]
          const parts = mention.split(" ")
          const start = words.findIndex((_, n) => n >= from && parts.every((part, i) => words[n + i] === part))
          from = start + parts.length
          return { start, end: from, type }
        })
        return { words, entities }
      })

  /** What an answer says, by another way: its mentions as runs of whole words, the longest first, wherever they stand. */
  const matched = (words: ReadonlyArray<string>, response: string): Pick<LabelledSentence, "entities"> => {
    const lines = response.split("\n").filter((line) => line.includes(" <> "))
    const said = lines.map((line) => line.split(" <> ") as [string, string])
    const entities: Array<LabelledSentence["entities"][number]> = []
    for (const [mention, type] of said.toSorted(([a], [b]) => b.split(" ").length - a.split(" ").length)) {
      const parts = mention.split(" ")
      for (let start = 0; start + parts.length <= words.length; start++) {
        const end = start + parts.length
        if (!parts.every((part, n) => words[start + n] === part)) continue
        if (entities.every((other) => other.end <= start || other.start >= end)) entities.push({ start, end, type })
      }
    }
    return { entities }
  }

  const tasks = [
    ["mit-movie", "mit-movie/train.bio", 90],
    ["wnut17", "wnut17/train.conll", 70],
    ["jnlpba", "jnlpba/train.reconstructed.tsv", 80]
  ] as const
  for (const [name, train, least] of tasks) {
    withData(
      `${name}: the request is that of the recorded answers, and the labels agree with people's`,
      async (data) => {
        const prompt = readFileSync(join(data, `llm-in-context/${name}.k8-prompt.txt`), "utf8")
        const answers = join(data, `llm-labelled/${name}.jsonl`)
        const gold = new Map<string, LabelledSentence>()
        for await (const sentence of readLabelled(join(data, "few-shot", train))) {
          gold.set(sentence.words.join(" "), sentence)
        }
        const asked = rowsOf(answers).map(({ text }) => gold.get(text)!)
        const texts = writeRows(
          `${name}.jsonl`,
          asked.map(({ words }, n) => ({ id: n, words }))
        )
        const examples = writeRows(`${name}.few.jsonl`, examplesOf(prompt))
        const types = prompt.match(/^Entity types: (.*)$/m)![1]!.replaceAll(", ", ",")
        const args = [texts, "--types", types, "--examples", examples, "--out"]

        const fake = new FakeLlm({ fault: () => ({ type: "text", text: "none" }) })
        process.env.NUNER_TEST_KEY = "sk-secret"
        const wire = [
          "--provider",
          "openai-compatible",
          "--base-url",
          fake.openAiUrl,
          "--key-variable",
          "NUNER_TEST_KEY"
        ]
        await run(...args, at(`${name}.wire.jsonl`), ...wire, "--model", "m", "--limit", "1", "--allow-empty")
        await fake.stop()
        expect(fake.calls[0]!.body).toMatchObject({
          messages: [{ role: "user", content: `${prompt}\n\nText: ${asked[0]!.words.join(" ")}\nAnswer:` }]
        })

        const { code, err } = await run(...args, at(`${name}.labelled.jsonl`), ...recorded(answers))
        expect({ code, err }).toMatchObject({ code: 0 })
        const labelled = await Array.fromAsync(readLabelled(at(`${name}.labelled.jsonl`)))
        const f1 = (found: ReadonlyArray<Pick<LabelledSentence, "entities">>) => 100 * entityMicro(asked, found).f1
        const byWords = rowsOf(answers).map(({ response }, n) => matched(asked[n]!.words, response))
        expect(Math.abs(f1(labelled) - f1(byWords))).toBeLessThan(0.5)
        expect(f1(labelled)).toBeGreaterThan(least)
      }
    )
  }
})
