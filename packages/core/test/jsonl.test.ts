import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { withData } from "@nuner/testing"
import { openSentences, readJsonl, readResponses, readSentences, Sentence, skipped } from "../src/index.ts"
import { collect, failure } from "./collect.ts"

const read = (text: string) => readJsonl({ name: "s.jsonl", text }, Sentence)

test("reads records, passes over blank lines, leaves out unknown fields", async () => {
  expect(await collect(read('{"id":"1","text":"a","url":"x"}\r\n\n  \n{"id":"2","text":""}'))).toEqual([
    { id: "1", text: "a" },
    { id: "2", text: "" }
  ])
})

test("a malformed record is refused by line and field", async () => {
  expect(await failure(read('{"id":"1","text":"a"}\n{"id":'))).toBe(
    'InputError: s.jsonl:2: not JSON: "{\\"id\\":" (one JSON value a line)'
  )
  expect(await failure(read('\n{"id":"1"}'))).toMatch(/^InputError: s.jsonl:2: text: /)
  expect(await failure(read('{"id":"1","text":7}'))).toBe("InputError: s.jsonl:1: text: expected string, got 7")
  expect(await failure(read("3"))).toMatch(/^InputError: s.jsonl:1: expected object, got 3/)
})

test("or left out, counted and reported", async () => {
  const lenient = skipped(1)
  const text = '{"id":"1","text":"a"}\nnope\n{"id":"2"}\n{"id":"3","text":"c"}'
  expect((await collect(readJsonl({ name: "s.jsonl", text }, Sentence, lenient))).map((s) => s.id)).toEqual(["1", "3"])
  expect(lenient.count).toBe(2)
  expect(lenient.errors.map((error) => error.line)).toEqual([2])
})

test("sentences of a text: by line or by paragraph", async () => {
  const text = "Mr. Smith went home. He slept.\r\n\r\n  \r\nNext one 😀 is\r\nhere. Ok!"
  expect(await collect(readSentences({ name: "d/my.text.txt", text }))).toEqual([
    { id: "my.text-0000-000", text: "Mr. Smith went home." },
    { id: "my.text-0000-001", text: "He slept." },
    { id: "my.text-0001-000", text: "Next one 😀 is" },
    { id: "my.text-0002-000", text: "here." },
    { id: "my.text-0002-001", text: "Ok!" }
  ])
  expect(
    (await collect(readSentences({ name: "b", text }, { paragraphs: "blank-line" }))).map((s) => `${s.id} ${s.text}`)
  ).toEqual([
    "b-0000-000 Mr. Smith went home.",
    "b-0000-001 He slept.",
    "b-0001-000 Next one 😀 is  here.",
    "b-0001-001 Ok!"
  ])
  expect(await collect(readSentences({ name: "a", text: "" }))).toEqual([])
})

test("sentences say where they stand in their document, and documents where they stand in their file", async () => {
  const text = "\ufeffOne. Two 😀.\r\n\r\n  Three is\r\non.\nFour."
  for (const paragraphs of ["line", "blank-line"] as const) {
    const { sentences } = await openSentences({ name: "a", text }, { paragraphs })
    for await (const { document, start, text: found } of sentences) {
      const at = document.at! + start
      expect(text.slice(1 + at, 1 + at + found.length).replace(/[\r\n]/g, " ")).toBe(found)
    }
  }
})

test("the number of a document is that of its record, whatever was left out before it", async () => {
  const text = '{"text":"One.\\nTwo. Three."}\nnope\n{"text":"Four.","url":"u"}'
  expect(
    (await collect(readSentences({ name: "c4.jsonl", text }, { malformed: "skip" }))).map((s) => `${s.id} ${s.text}`)
  ).toEqual(["c4-0000-000 One.", "c4-0000-001 Two.", "c4-0000-002 Three.", "c4-0002-000 Four."])
})

const newlines = (path: string) => readFileSync(path, "utf8").split("\n").length - 1
const dense = (text: string) => text.replace(/\s+/g, "")

withData("real JSONL is read to the last record", async (data) => {
  const responses = join(data, "llm-annotated/c4-annotated.jsonl")
  const sentences = join(data, "text/c4-sentences.jsonl")
  expect((await collect(readResponses(responses))).length).toBe(newlines(responses))
  expect((await collect(readJsonl(sentences, Sentence))).length).toBe(newlines(sentences))
})

withData("no character of the real texts is lost in sentences, and no id is used twice", async (data) => {
  for (const name of ["abc-news", "masc", "us-presidents"]) {
    const path = join(data, `text/${name}.txt`)
    const read = await collect(readSentences(path))
    expect(dense(read.map((s) => s.text).join(" ")) === dense(readFileSync(path, "utf8"))).toBe(true)
    expect(new Set(read.map((s) => s.id)).size).toBe(read.length)
  }
  const c4 = join(data, "text/c4-1000-documents.jsonl")
  const documents = readFileSync(c4, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).text as string)
  const read = await collect(readSentences(c4))
  expect(dense(read.map((s) => s.text).join(" ")) === dense(documents.join(" "))).toBe(true)
  // The published sentences were split by the same model, then filtered.
  const texts = new Set(read.map((s) => s.text))
  const published = readFileSync(join(data, "text/c4-sentences.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).text)
  const found = published.filter((text) => texts.has(text)).length
  expect(found / published.length).toBeGreaterThan(0.99)
})
