import { expect, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { tempDir, withData } from "@nuner/testing"
import { Glob } from "bun"
import { Schema } from "effect"
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet"
import { parquetWriteBuffer } from "hyparquet-writer"
import { records } from "../src/formats/records.ts"
import {
  type AnnotatedSentence,
  Episode,
  formatNamed,
  type OpenOptions,
  openData,
  parsePythonList,
  readEpisodes,
  rng,
  type Source,
  writeEpisodes
} from "../src/index.ts"
import { collect, failure } from "./collect.ts"

const read = async (source: Source, options?: OpenOptions) => collect((await openData(source, options)).documents)

/** Of the columns of the published data. */
const readAnnotated = async (source: Source, options?: OpenOptions) =>
  (await read(source, { ...options, format: "numind" })).map(({ annotations, text }) => ({
    text: text!,
    annotations: annotations!
  }))
const writeAnnotated = (path: string, sentences: ReadonlyArray<Omit<AnnotatedSentence, "id">>) =>
  formatNamed("numind").write!(
    path,
    (async function* () {
      for (const sentence of sentences) yield { line: 0, ...sentence }
    })(),
    {}
  )

const rows = [
  { input: "Paris is big.", output: "['Paris <> city', \"big <> size <> how much\"]" },
  { input: "", output: "[]" },
  { input: "é😀 [it's],\n{", output: "['it\\'s <> x <> a <> b']" }
]
const sentences = [
  {
    text: "Paris is big.",
    annotations: [
      { entity: "Paris", concept: "city" },
      { entity: "big", concept: "size", description: "how much" }
    ]
  },
  { text: "", annotations: [] },
  { text: "é😀 [it's],\n{", annotations: [{ entity: "it's", concept: "x", description: "a <> b" }] }
]

test("the columns of the published data are read from JSON Lines, JSON in any layout, and true lists", async () => {
  const texts = [
    rows.map((row) => JSON.stringify(row)).join("\n"),
    JSON.stringify(rows),
    `\n ${JSON.stringify(rows, undefined, 2)}\n\n`,
    `[\r\n${rows.map((row) => JSON.stringify(row)).join("\r\n,")}]`,
    JSON.stringify(rows.map(({ input, output }) => ({ input, output: parsePythonList(output) })))
  ]
  for (const text of texts) expect(await readAnnotated({ name: "n.json", text })).toEqual(sentences)
  expect(await readAnnotated({ name: "n.json", text: "[]" })).toEqual([])
  expect(await readAnnotated({ name: "n.json", text: "" })).toEqual([])
})

test("what is written in any of the three is read back", async () => {
  using dir = tempDir()
  for (const name of ["n.jsonl", "n.json", "n.parquet"]) {
    expect(await writeAnnotated(dir.file(name), sentences)).toBe(3)
    expect(await readAnnotated(dir.file(name))).toEqual(sentences)
    expect(await writeAnnotated(dir.file(name), [])).toBe(0)
    expect(await readAnnotated(dir.file(name))).toEqual([])
  }
  const bad = [{ text: "", annotations: [{ entity: "a <> b", concept: "c" }] }]
  expect(await failure(writeAnnotated(dir.file("n.jsonl"), bad))).toContain(
    "record 0: an annotation holds the separator <>"
  )
})

test("random annotations survive Parquet", async () => {
  using dir = tempDir()
  const alphabet = ["a", "'", '"', "\\", "é", "😀", "\n", "\u00a0x", "[", ",", "漢"]
  const made = Array.from({ length: 500 }, (_, seed) => {
    const random = rng(seed)
    const text = () =>
      `x${Array.from({ length: random.int(9) }, () => alphabet[random.int(alphabet.length)]!).join("")}x`
    return {
      text: text(),
      annotations: Array.from({ length: random.int(4) }, () => ({
        entity: text(),
        concept: text(),
        ...(random.int(2) === 0 ? {} : { description: text() })
      }))
    }
  })
  await writeAnnotated(dir.file("r.parquet"), made)
  expect(await readAnnotated(dir.file("r.parquet"))).toEqual(made)
})

test("Parquet is read group by group, and a broken file is refused", async () => {
  using dir = tempDir()
  const path = dir.file("p.parquet")
  const input = Array.from({ length: 250 }, (_, n) => `s ${n}`)
  const output = input.map((text) => `['${text} <> number']`)
  const columnData = [
    { name: "input", data: input, type: "STRING" as const },
    { name: "output", data: output, type: "STRING" as const }
  ]
  writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 100 })))
  const file = await asyncBufferFromFile(path)
  expect((await parquetMetadataAsync(file)).row_groups.length).toBe(3)
  expect((await parquetReadObjects({ file })).length).toBe(250)
  const read = await readAnnotated(path)
  expect(read.map(({ text }) => text)).toEqual(input)
  expect(read.at(-1)).toEqual({ text: "s 249", annotations: [{ entity: "s 249", concept: "number" }] })
  writeFileSync(dir.file("cut.parquet"), readFileSync(path).subarray(0, 300))
  expect(await failure(readAnnotated(dir.file("cut.parquet")))).toMatch(
    /InputError: .*cut.parquet: not a whole Parquet file: .* \(fetch it again\)/
  )
  writeFileSync(dir.file("empty.parquet"), "")
  expect(await failure(readAnnotated(dir.file("empty.parquet")))).toContain("empty.parquet: not a whole Parquet file")
  expect(await failure(readAnnotated(dir.file("none.parquet")))).toContain("none.parquet: no such file")
  expect(await failure(readAnnotated({ name: "s.parquet", text: "x" }))).toContain("Parquet is not read from a stream")
  writeFileSync(dir.file("other.parquet"), new Uint8Array(parquetWriteBuffer({ columnData: columnData.slice(0, 1) })))
  expect(await failure(readAnnotated(dir.file("other.parquet")))).toMatch(/other.parquet:1: output: /)
})

test("malformed rows are refused by place, or left out and counted as elements are", async () => {
  const text = [
    JSON.stringify({ input: "a", output: "['a <> b', 'nothing', ' <> c', 'd <> e']" }),
    JSON.stringify({ input: "b", output: "['a' 'b']" }),
    JSON.stringify({ input: "c" }),
    "{",
    JSON.stringify({ input: "d", output: "[]" })
  ].join("\n")
  const errors: Array<string> = []
  const { documents, report } = await openData(
    { name: "n", text },
    { format: "numind", malformed: "skip", onMalformed: ({ message }) => errors.push(message) }
  )
  expect((await collect(documents)).map(({ annotations, text }) => [text, annotations!.length])).toEqual([
    ["a", 2],
    ["d", 0]
  ])
  expect([...report.noted]).toEqual([["annotations without entity or concept left out", 2]])
  expect(errors).toEqual([
    "n:2: output: no Python list of strings: neither a comma nor ] at character 5 (write ['entity <> concept', ...])",
    expect.stringMatching(/^n:3: output: /) as unknown as string,
    expect.stringMatching(/^n:4: not JSON/) as unknown as string
  ])
  const array = (text: string) => failure(readAnnotated({ name: "n.json", text }))
  expect(await array('[{"input":"a","output":"[]"}')).toContain("n.json: the JSON array has no end")
  expect(await array('[{"input":"a","output":"[]"}]\nx')).toContain("n.json:2: something after the JSON array")
  expect(await array('[\n{"input":"a","output":"[]"},\nfalsch]')).toContain('n.json:3: not JSON: "falsch"')
})

const episode = {
  support: { word: [["New", "York", "!"]], label: [["loc", "loc", "O"]] },
  query: { word: [["Bob"], []], label: [["per"], []] },
  types: ["loc", "per"]
}

test("episodes are read, and written as they were", async () => {
  using dir = tempDir()
  const [read] = await collect(readEpisodes({ name: "e", text: JSON.stringify(episode) }))
  expect(read).toEqual({
    types: ["loc", "per"],
    support: [{ words: ["New", "York", "!"], entities: [{ start: 0, end: 2, type: "loc" }] }],
    query: [
      { words: ["Bob"], entities: [{ start: 0, end: 1, type: "per" }] },
      { words: [], entities: [] }
    ]
  })
  await writeEpisodes(dir.file("e.jsonl"), [read!])
  expect(JSON.parse(readFileSync(dir.file("e.jsonl"), "utf8"))).toEqual(episode)
  const bad = (change: object) => failure(readEpisodes({ name: "e", text: JSON.stringify({ ...episode, ...change }) }))
  expect(await bad({ query: { word: [["Bob"]], label: [["per", "O"]] } })).toBe(
    "InputError: e:1: query.label[0]: 2 labels for 1 words (give every word one label)"
  )
  expect(await bad({ support: { word: [["a"]], label: [] } })).toContain(
    "e:1: support.label: 0 sentences, where word has 1"
  )
  expect(await bad({ support: { word: [["a", "b"]], label: [["O", ""]] } })).toContain(
    "support.label[0][1]: an empty label"
  )
  expect(await bad({ types: undefined })).toMatch(/e:1: types: /)
})

test("GLiNER's and ultra-fine's formats", async () => {
  const gliner = [
    {
      tokenized_text: ["a", "b", "c"],
      ner: [
        [1, 2, "t"],
        [0, 0, "s"]
      ]
    }
  ]
  expect(await read({ name: "g", text: JSON.stringify(gliner) })).toMatchObject([
    {
      words: ["a", "b", "c"],
      entities: [
        { start: 0, end: 1, type: "s" },
        { start: 1, end: 3, type: "t" }
      ]
    }
  ])
  const beyond = [{ tokenized_text: ["a"], ner: [[0, 1, "t"]] }]
  expect(await failure(read({ name: "g", text: JSON.stringify(beyond) }))).toContain(
    "g:1: ner[0]: words 0 to 1 are not in a sentence of 1"
  )
  const ultra = {
    annot_id: "u1",
    left_context_token: ["In", "😀"],
    mention_span: "New York",
    right_context_token: ["."],
    y_str: ["place", "city"]
  }
  expect(await read({ name: "u", text: JSON.stringify(ultra) })).toMatchObject([
    {
      id: "u1",
      text: "In 😀 New York .",
      entities: [
        { start: 6, end: 14, type: "city" },
        { start: 6, end: 14, type: "place" }
      ]
    }
  ])
})

const jsonLines = (path: string) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

withData("the columns' annotations are those of the recorded answers", async (data) => {
  const read = await readAnnotated(join(data, "llm-annotated/numind-columns.jsonl"))
  const answers = new Map<string, string>(
    jsonLines(join(data, "llm-annotated/c4-annotated.jsonl")).map(({ text, response }) => [text, response])
  )
  expect(read.length).toBe(600)
  for (const { text, annotations } of read) {
    const lines = answers
      .get(text)!
      .split("\n")
      .filter((line) => line.trim() !== "")
    expect(annotations.map(({ entity, concept }) => `${entity} <> ${concept}`)).toEqual(
      lines.map((line) => line.split(" <> ").slice(0, 2).join(" <> "))
    )
  }
})

withData("open types are read to the last annotation", async (data) => {
  const gliner = await read(join(data, "open-types/gliner-sample.json"), { overlap: "keep" })
  expect([gliner.length, gliner.reduce((sum, { entities }) => sum + entities!.length, 0)]).toEqual([64, 236])
  for (const name of ["train", "dev"]) {
    const path = join(data, `open-types/${name}.json`)
    const raw = jsonLines(path)
    const documents = await read(path, { onCut: "expand" })
    expect(documents.length).toBe(1998)
    documents.forEach(({ text, entities = [] }, n) => {
      expect(entities.map(({ type }) => type)).toEqual([...new Set<string>(raw[n].y_str)].toSorted())
      expect(entities.every(({ start, end }) => text!.slice(start, end) === raw[n].mention_span)).toBe(true)
    })
  }
})

withData("every episode of Few_TK is read, is an Episode, and is written back as it was", async (data) => {
  using dir = tempDir()
  const decode = Schema.decodeUnknownSync(Episode)
  let count = 0
  for (const path of new Glob("few-nerd-format/episodes_*/*.jsonl").scanSync(data)) {
    const episodes = await collect(readEpisodes(join(data, path)))
    count += episodes.length
    for (const episode of episodes) decode(episode)
    await writeEpisodes(dir.file("e.jsonl"), episodes)
    expect(jsonLines(dir.file("e.jsonl"))).toEqual(jsonLines(join(data, path)))
  }
  expect(count).toBe(2572)
})

test("an array on one line is read an element at a time, however its pieces are cut", async () => {
  const values = [
    { text: 'a "quoted\\" [one], {two}\\' },
    [1, "👞", { deep: [[], {}] }],
    "s",
    -1.5,
    null,
    { "": "\u2028" }
  ]
  const text = ` \n[ ${values.map((value) => JSON.stringify(value)).join(" ,\r\n")} ]\n`
  const bytes = new TextEncoder().encode(text)
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const pieces = function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    const rows = await Array.fromAsync(records({ name: "cut.json", text: pieces() }))
    expect(rows).toEqual(values.map((value, n) => ({ value, line: n + 2 })))
  }
  // Longer than what is looked at: its first element comes before its last is written.
  let written = 0
  const endless = function* () {
    yield "["
    for (; written < 5_000; written++) yield `${JSON.stringify({ text: "x".repeat(1000) })},`
    yield "0]"
  }
  for await (const { line } of records({ name: "one.json", text: endless() })) {
    expect(line).toBe(1)
    break
  }
  expect(written).toBeLessThan(2_000)
})
