import { expect, test } from "bun:test"
import { tempDir } from "@nuner/testing"
import {
  type InputError,
  type LabelledSentence,
  type OpenOptions,
  openLabelled,
  readLabelled,
  rng,
  words,
  writeJsonl
} from "../src/index.ts"
import { collect, failure } from "./collect.ts"

const read = (row: unknown, options?: OpenOptions) =>
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
    await collect(read([{ id: 7, words: expected.words, entities: [{ start: 1, end: 3, label: "city" }] }]))
  ).toEqual([{ id: "7", ...expected }])
})

const spans = [
  { start: 0, end: 3 },
  { start: 4, end: 9 }
]

test("words that are not to be learned from stay so, as mined sets have them; what is no list of words is another field", async () => {
  const row = { words: ["Ada", "Lovelace", "wrote"], entities: [{ start: 0, end: 2, type: "person" }] }
  expect(await collect(read({ ...row, ignored: [1] }))).toEqual([{ ...row, ignored: [1] }])
  for (const ignored of [[3], [-1], ["1"], true, []]) expect(await collect(read({ ...row, ignored }))).toEqual([row])
  const placed = { ...row, text: "Ada wrote", words: ["Ada", "wrote"], offsets: spans, ignored: [1] }
  expect((await collect(read(placed)))[0]).toMatchObject({ words: placed.words, text: placed.text, ignored: [1] })
  // Of a text the words are ours.
  const text = { text: "Ada wrote", entities: [{ start: 0, end: 3, type: "person" }], ignored: [1] }
  expect((await collect(read(text)))[0]).not.toHaveProperty("ignored")
})

test("an entity that cuts a word is refused, grown, cut down or left out, and counted", async () => {
  const text = "on USB drives"
  const row = { text, entities: [{ start: 4, end: 13, type: "X" }] }
  expect(await failure(read(row))).toBe(
    'InputError: l.jsonl:1: entities[0]: "SB drives" cuts the word "USB" (say what becomes of such entities: --on-cut expand, shrink or skip)'
  )
  for (const [onCut, covered, note] of [
    ["expand", ["USB drives"], "entities grown to whole words"],
    ["shrink", ["drives"], "entities cut down to whole words"],
    ["skip", [], "entities left out, which cut a word"]
  ] as const) {
    const { report, sentences } = await openLabelled(
      { name: "l", text: JSON.stringify(row) },
      { onCut, allowEmpty: true }
    )
    const [sentence] = await collect(sentences)
    expect(sentence!.entities.map(({ end, start }) => sentence!.words.slice(start, end).join(" "))).toEqual([
      ...covered
    ])
    expect(report.noted).toEqual(new Map([[note, 1]]))
  }
})

test("offsets of another unit are told from the text that entities carry, and from what cuts words, over the whole file", async () => {
  const rows = (start: number, carried: object) => [
    { text: "plain Ulla", entities: [{ start: 6, end: 10, type: "p" }] },
    { text: "🎉 Ulla ran", entities: [{ start, end: start + 4, type: "p", ...carried }] }
  ]
  const lines = (all: ReadonlyArray<unknown>) => ({ name: "l", text: all.map((row) => JSON.stringify(row)).join("\n") })
  for (const carried of [{}, { text: "Ulla" }]) {
    expect(await failure(readLabelled(lines(rows(2, carried))))).toContain(
      "counted in codepoints every entity of the file fits (--offsets codepoints)"
    )
    expect(await failure(readLabelled(lines(rows(5, carried))))).toContain("(--offsets bytes)")
    // One entity of the file that fits neither: no other unit is advised.
    const other = { text: "é Bo", entities: [{ start: 1, end: 3, type: "p" }] }
    expect(await failure(readLabelled(lines([...rows(2, carried), other])))).not.toContain("--offsets")
  }
  // Nor where all of them fit as they are counted.
  const nested = [0, 3].map((start) => ({ start, end: 7, type: "p" }))
  expect(await failure(readLabelled(lines([{ text: "Zoë Bay", entities: nested }])))).toEndWith(
    "say what becomes of such entities: --overlap longest or drop)"
  )
  const wrong = { text: "Bo ran", entities: [{ start: 0, end: 2, type: "p", text: "Mia" }] }
  expect(await failure(readLabelled(lines([wrong])))).toContain('is "Mia" in the file, and "Bo" in the text')
})

test("duplicates and other spellings of a type on one span are one entity, and counted", async () => {
  const entities = ["Person", "person ", "PERSON", "role"].map((type) => ({ start: 0, end: 3, type }))
  const open = (options?: OpenOptions) =>
    openLabelled({ name: "l", text: JSON.stringify({ text: "Mia ran", entities }) }, { flat: false, ...options })
  const { report, sentences } = await open()
  expect((await collect(sentences))[0]!.entities.map(({ type }) => type)).toEqual(["Person", "role"])
  expect(report.noted).toEqual(new Map([["duplicate entities merged", 2]]))
  // Where a word has one tag, two types on a span overlap.
  expect(await failure((await open({ flat: true })).sentences)).toContain("--overlap longest or drop")
  expect((await collect((await open({ flat: true, overlap: "longest" })).sentences))[0]!.entities.length).toBe(1)
})

test("overlaps are refused, kept, thinned to the longest, or dropped together", async () => {
  const spans = [
    [0, 3],
    [0, 9],
    [4, 9],
    [10, 12]
  ] // prettier-ignore
  const row = {
    text: "New York Times ran".slice(0, 18),
    entities: spans.map(([start, end]) => ({ start, end, type: "x" }))
  }
  row.text = "Mia Ulla! is"
  const kept = async (overlap: "keep" | "longest" | "drop") => {
    const { report, sentences } = await openLabelled({ name: "l", text: JSON.stringify(row) }, { flat: false, overlap })
    return [(await collect(sentences))[0]!.entities.length, report.noted.get("overlapping entities left out") ?? 0]
  }
  expect(await failure(read(row))).toContain('"Mia" (x) and "Mia Ulla!" (x) overlap')
  expect([await kept("keep"), await kept("longest"), await kept("drop")]).toEqual([
    [4, 0],
    [2, 2],
    [1, 3]
  ])
})

test("malformed records are refused by line and field, or left out", async () => {
  const told = (row: unknown, options?: OpenOptions) => failure(read(row, { format: "jsonl", ...options }))
  expect(await told({ entities })).toContain("l.jsonl:1: neither text nor words")
  expect(await told({ text: "a", entities: [{ start: 0, end: 1 }] })).toContain(
    "entities[0]: has neither type nor label"
  )
  expect(await told({ text: "a", entities })).toContain("entities[0]: span 3..11 is not in the text")
  expect(await told({ text: "😀", entities: [{ start: 1, end: 4, type: "x" }] }, { offsets: "bytes" })).toContain(
    "inside a character"
  )
  expect(await told({ words: ["a"], entities })).toContain("entities[0]: span 3..11 is not in a sentence of 1 words")
  expect(await told({ words: ["a"], entities: [{ start: -1, end: 1, type: "x" }] })).toContain(
    "entities[0]: span -1..1"
  )
  expect(await told({ words: ["a"], entities: [], text: "ba", offsets: [{ start: 0, end: 1 }] })).toContain(
    "offsets: word 0 does not stand there"
  )
  expect(await told({ words: ["a"] })).toContain("l.jsonl:1: is not labelled (read as jsonl)")
  expect(await told({ text: "a", entity: [{ name: "a" }], note: "n" })).toContain(
    "is not labelled (read as jsonl, which knows no field entity)"
  )
  const text =
    '{"id":"a","words":["a"],"entities":[]}\n{"words":[]}\n{"text":"b","entities":[]}\n{"words":["b",""]}\nno'
  const seen: Array<InputError> = []
  const { report, sentences } = await openLabelled(
    { name: "l", text },
    { malformed: "skip", allowEmpty: true, onMalformed: (error) => seen.push(error) }
  )
  expect((await collect(sentences)).map(({ id }) => id)).toEqual(["a", undefined])
  expect(seen.map((error) => [error.line, error.field])).toEqual([
    [2, "words"],
    [4, "words[1]"],
    [5, undefined]
  ])
  expect(report).toMatchObject({ documents: 2, malformed: 3 })
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
  const kept = sentences.filter(({ words }) => words.length > 0)
  expect(await writeJsonl(dir.file("l.jsonl"), kept)).toBe(kept.length)
  expect(await collect(readLabelled(dir.file("l.jsonl"), { flat: false, overlap: "keep" }))).toEqual(kept)
})
