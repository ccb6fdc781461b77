import { expect, test } from "bun:test"
import { tempDir } from "@nuner/testing"
import {
  type InputError,
  type LabelledOptions,
  type LabelledSentence,
  readLabelled,
  rng,
  skipped,
  words,
  writeJsonl
} from "../src/index.ts"
import { collect, failure } from "./collect.ts"

const read = (row: unknown, options?: LabelledOptions) =>
  readLabelled({ name: "l.jsonl", text: JSON.stringify(row) }, options)
const entities = [{ start: 3, end: 11, label: "city" }]

test("offsets in a text, in the units of other languages, or over words", async () => {
  const expected = { words: ["😀", "New", "York", "!"], entities: [{ start: 1, end: 3, type: "city" }] }
  const text = "😀 New York!"
  const units = { utf16: 3, codepoints: 2, bytes: 5 } as const
  for (const [offsets, start] of Object.entries(units) as Array<[keyof typeof units, number]>) {
    const [sentence] = await collect(read({ text, entities: [{ start, end: start + 8, type: "city" }] }, { offsets }))
    expect(sentence).toMatchObject({ ...expected, text })
  }
  expect(await collect(read({ tokens: expected.words, entities: expected.entities }))).toEqual([expected])
  expect(
    await collect(read([{ words: expected.words, entities: [{ start: 1, end: 3, label: "city" }] }], { ids: "l" }))
  ).toEqual([{ id: "l-0", ...expected }])
})

test("an entity that cuts a word is refused, grown or left out, and reported", async () => {
  const row = { text: "on USB drives", entities: [{ start: 3, end: 5, type: "X" }] }
  expect(await failure(read(row))).toBe(
    'InputError: l.jsonl:1: entities[0]: "US" cuts the word "USB" (--on-cut expand, shrink or skip)'
  )
  for (const [onCut, kept] of [
    ["expand", 1],
    ["skip", 0]
  ] as const) {
    const seen: Array<InputError> = []
    const [sentence] = await collect(read(row, { onCut, onAdjusted: (error) => seen.push(error) }))
    expect(sentence!.entities.length).toBe(kept)
    expect(seen.map((error) => error.message)).toEqual([
      `l.jsonl:1: entities: X "US" cuts a word; ${kept === 0 ? "left out" : "grown to whole words"}`
    ])
  }
})

test("malformed records are refused by line and field, or left out", async () => {
  expect(await failure(read({ entities }))).toContain("l.jsonl:1: neither text nor words")
  expect(await failure(read({ text: "a", entities: [{ start: 0, end: 1 }] }))).toContain(
    "entities[0]: has neither type nor label"
  )
  expect(await failure(read({ text: "a", entities }))).toContain("entities[0]: span 3..11 is not in the text")
  expect(
    await failure(read({ text: "😀", entities: [{ start: 1, end: 4, type: "x" }] }, { offsets: "bytes" }))
  ).toContain("inside a character")
  expect(await failure(read({ words: ["a"], entities }))).toContain(
    "entities[0]: span 3..11 is not in a sentence of 1 words"
  )
  expect(await failure(read({ words: ["a"], entities: [{ start: -1, end: 1, type: "x" }] }))).toContain(
    "entities[0].start: "
  )
  expect(await failure(read({ words: ["a"], entities: [], text: "ba", offsets: [{ start: 0, end: 1 }] }))).toContain(
    "offsets: word 0 does not stand there"
  )
  const lenient = skipped()
  const text = '{"words":["a"],"entities":[]}\n{"words":["a"]}\n{"text":"b","entities":[]}'
  expect((await collect(readLabelled({ name: "l", text }, { ...lenient, ids: "l" }))).map(({ id }) => id)).toEqual([
    "l-0",
    "l-2"
  ])
  expect(lenient.errors.map((error) => [error.line, error.field])).toEqual([[2, "entities"]])
})

test("what writeJsonl writes is read back whole: overlaps, ids, text and offsets", async () => {
  using dir = tempDir()
  const sentences = Array.from({ length: 300 }, (_, seed): LabelledSentence => {
    const random = rng(seed)
    const text = Array.from(
      { length: 1 + random.int(9) },
      () => ["a", "é", " ", "😀", "'s", "e\u0301", "\u2028"][random.int(7)]!
    ).join("")
    const found = words(text)
    const entities = Array.from({ length: found.length === 0 ? 0 : random.int(4) }, (_, n) => {
      const start = random.int(found.length)
      return { start, end: start + 1 + random.int(found.length - start), type: `t${n}` }
    }).toSorted((a, b) => a.start - b.start || a.end - b.end || (a.type < b.type ? -1 : 1))
    const plain = { words: found.map(({ word }) => word), entities }
    return seed % 2 === 0
      ? plain
      : { id: `s${seed}`, ...plain, text, offsets: found.map(({ start, end }) => ({ start, end })) }
  })
  expect(await writeJsonl(dir.file("l.jsonl"), sentences)).toBe(300)
  expect(await collect(readLabelled(dir.file("l.jsonl")))).toEqual(sentences)
})
