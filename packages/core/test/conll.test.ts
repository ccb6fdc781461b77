import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { tempDir, withData } from "@nuner/testing"
import { Glob } from "bun"
import {
  fromTags,
  type LabelledSentence,
  type OpenOptions,
  openLabelled,
  readLabelled,
  rng,
  type Scheme,
  toTags,
  writeConll
} from "../src/index.ts"
import { collect, failure } from "./collect.ts"

const read = (text: string, options?: OpenOptions) =>
  readLabelled({ name: "c.txt", text }, { format: "conll", ...options })
/** What the door says of columns: how many, which, and in what notation; and what it counted. */
const told = async (text: string, options?: OpenOptions) => {
  const { report, sentences } = await openLabelled({ name: "c.txt", text }, options)
  const all = await collect(sentences)
  return { ...report, sentences: all.map(shown) }
}
const shown = ({ words, entities }: LabelledSentence) =>
  `${words.join(" ")} | ${entities.map(({ start, end, type }) => `${start}-${end} ${type}`).join(", ")}`

test("tabs or spaces, blank lines of white space, documents, CRLF, BOM, more columns, no last line end", async () => {
  const expected = ["EU rejects | 0-1 ORG", "New York ! | 0-2 LOC"]
  const variants = [
    "EU\tB-ORG\nrejects\tO\n\nNew\tB-LOC\nYork\tI-LOC\n!\tO\n",
    "\ufeffEU B-ORG\r\nrejects O\r\n \t\r\n\r\nNew B-LOC\r\nYork I-LOC\r\n! O",
    "-DOCSTART- -X- -X- O\n\nEU NNP B-NP I-ORG\nrejects VBZ B-VP O\n\t\n-DOCSTART- -X- O O\nNew NNP I-NP I-LOC\nYork  NNP  I-NP  I-LOC \n! . O O\n\n\n",
    "EU\tS-ORG\nrejects\tO\n\nNew\tB-LOC\nYork\tE-LOC\n!\tO",
    "EU\tU-ORG\nrejects\tO\n\nNew\tB-LOC\nYork\tL-LOC\n!\tO",
    "EU\tORG\nrejects\tO\n\nNew\tLOC\nYork\tLOC\n!\tO"
  ]
  for (const text of variants) expect((await collect(read(text))).map(shown)).toEqual(expected)
  expect(await collect(read(""))).toEqual([])
  expect(await collect(read(" \n\n"))).toEqual([])
  const more = "1\tEU\tB-ORG\tB-x\n2\tis\tO\tO"
  expect((await collect(read(more))).map(shown)).toEqual(["EU is | 0-1 x"])
  expect((await collect(read(more, { tagColumn: 2 }))).map(shown)).toEqual(["EU is | 0-1 ORG"])
  expect((await collect(read(more, { tagColumn: -2, wordColumn: 0 }))).map(shown)).toEqual(["1 2 | 0-1 ORG"])
  expect((await collect(read("ice cream\tB-FOOD\n\u00a0\tO\n😀\tO"))).map(shown)).toEqual([
    "ice cream \u00a0 😀 | 0-1 FOOD"
  ])
})

test("the scheme is recognised, also of a source that can be read once only", async () => {
  const iob1 = "a I-X\nb B-X\n\nc I-Y"
  expect((await told(iob1)).details).toEqual(["2 columns, word 0, tag 1", "IOB1"])
  expect((await collect(readLabelled(new Response(iob1).body!))).map(shown)).toEqual([
    "a b | 0-1 X, 1-2 X",
    "c | 0-1 Y"
  ])
  expect((await told("a O\nb O", { allowEmpty: true })).details).toEqual(["2 columns, word 0, tag 1", "BIO"])
  expect((await told("a I-X\nb I-X", { tagScheme: "bare" })).sentences).toEqual(["a b | 0-2 I-X"])
})

test("tags that begin behind any look at the start decide the notation all the same", async () => {
  const text = `${"a O\n".repeat(9)}\n`.repeat(22_000)
  expect((await told(`${text}b PER\nc PER\n`)).entities).toEqual(new Map([["PER", 1]]))
  expect((await told(`${text}b B_PER\nc I_PER\n`)).entities).toEqual(new Map([["PER", 1]]))
})

test("an irregular sequence is read as conlleval reads it", async () => {
  const sentences = await collect(read("a\tB-X\n\nb\tO\nc\tI-X\nd\tB-X\ne\tI-X\n"))
  expect(sentences.map(shown)).toEqual(["a | 0-1 X", "b c d e | 1-2 X, 2-4 X"])
})

test("comments, ids, and words that begin with #", async () => {
  const text = "# id 7 domain=train\n#\tO\nEU\tB-ORG\n\n# sent_id = b\n# text = #x y\n#x\tB-TAG\n"
  const read = await collect(readLabelled({ name: "c", text }))
  expect(read.map((sentence) => `${sentence.id}: ${shown(sentence)}`)).toEqual(["7: # EU | 1-2 ORG", "b: #x | 0-1 TAG"])
})

test("brackets may lie in one another, and have to be closed", async () => {
  const text = "d 0 0 The (ORG*\nd 0 1 Oslo (GPE)\nd 0 2 Choir *)\nd 0 3 sang *\n"
  const options = { flat: false, overlap: "keep" } as const
  expect((await told(text, options)).sentences).toEqual(["The Oslo Choir sang | 0-3 ORG, 1-2 GPE"])
  expect(await failure(read(text.replace("*)", "*")))).toContain('c.txt:1: tag: "(ORG*" is no brackets tag')
})

test("a malformed row is refused by line, or its sentence left out and counted once", async () => {
  const good = "x\tB-X\nx\tO\n\n".repeat(9)
  const bad = async (text: string, options?: OpenOptions) => failure(read(good + text, options))
  expect(await bad("a\tO\nb\n")).toBe(
    "InputError: c.txt:29: one column, where other rows have 2 (a word and its tag a line)"
  )
  expect(await bad("a\tO\nb c\n")).toContain("c.txt:29: one column")
  expect(await bad("a\tO\n\nb\tX\tO\n")).toContain("c.txt:30: 3 columns, where other rows have 2")
  expect(await bad("a\tO\nb\t\n")).toContain("c.txt:29: no tag")
  expect(await bad("a\tB-X\nb\tY-X\n")).toContain('c.txt:29: tag: "Y-X" is no BIO tag')
  expect(await bad("a\tB-X", { tagColumn: 5 })).toContain("c.txt: has no column of tags")
  const report = await told(`${good}a\tB-X\n\nb\nc\n\nd\tQ-X\n\n\tO\ne\tO\n`, { malformed: "skip" })
  expect(report.sentences.slice(9)).toEqual(["a | 0-1 X", "e | "])
  expect(report).toMatchObject({ documents: 11, malformed: 2, noted: new Map([["rows without a word", 1]]) })
})

test("a line that is not UTF-8 takes its whole sentence with it, never a word alone", async () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  for (const [before, after] of [
    ["b\tO\n", ""],
    ["", "b\tO\n"],
    ["", ""]
  ]) {
    const text = [bytes(`a\tO\n\n${before}`), Uint8Array.of(0xe9, 9, 79, 10), bytes(`${after}\nc\tO\n`)]
    const { report, sentences } = await openLabelled({ name: "c", text }, { malformed: "skip", allowEmpty: true })
    expect((await collect(sentences)).map(({ words }) => words)).toEqual([["a"], ["c"]])
    expect(report.malformed).toBe(1)
    expect(await failure(readLabelled({ name: "c", text }))).toContain("is not UTF-8")
  }
})

const randomSentence = (seed: number): LabelledSentence => {
  const random = rng(seed)
  const vocabulary = ["a", "é", "e\u0301", "😀", "#", "O", "B-X", "漢", "\u2028", "\ufeffx", "\u00a0"]
  const words = Array.from({ length: 1 + random.int(8) }, () => vocabulary[random.int(vocabulary.length)]!)
  const entities = []
  for (let at = 0; at < words.length; ) {
    const end = Math.min(words.length, at + 1 + random.int(3))
    if (random.int(2) === 0) entities.push({ start: at, end, type: ["X", "creative-work"][random.int(2)]! })
    at = end
  }
  return { words, entities }
}

for (const scheme of ["BIO", "IOB1", "IOBES", "BILOU", "IOE1", "IOE2"] as const) {
  test(`what is written as ${scheme} is read back`, async () => {
    using dir = tempDir()
    const marked = { words: ["\ufeff", "x"], entities: [] }
    const sentences = [marked, ...Array.from({ length: 299 }, (_, seed) => randomSentence(seed))]
    for (const separator of ["\t", " "] as const) {
      const path = dir.file("out.conll")
      expect(await writeConll(path, sentences, { scheme, separator })).toBe(300)
      expect(await collect(readLabelled(path))).toEqual(sentences)
    }
  })
}

test("what columns cannot hold is refused before anything is written", async () => {
  using dir = tempDir()
  const bad = (sentence: LabelledSentence, scheme: Scheme = "BIO", separator: "\t" | " " = "\t") =>
    failure(writeConll(dir.file("x"), [sentence], { scheme, separator }))
  const entity = (start: number, end: number) => ({ start, end, type: "X" })
  expect(await bad({ words: [], entities: [] })).toContain("sentence 0: has no words")
  expect(await bad({ id: "s7", words: ["a", "b"], entities: [entity(0, 2), entity(1, 2)] })).toContain(
    "s7: entity 1..2 X overlaps another"
  )
  expect(await bad({ words: ["a", "b"], entities: [entity(0, 1), entity(1, 2)] }, "IO")).toContain(
    "IO would merge entity 1..2 X"
  )
  expect(await bad({ words: ["a\tb"], entities: [] })).toContain('cannot hold the word "a\\tb"')
  expect(await bad({ words: ["a b"], entities: [] }, "BIO", " ")).toContain('cannot hold the word "a b"')
  expect(await bad({ words: [""], entities: [] })).toContain('cannot hold the word ""')
  expect(await bad({ words: ["-DOCSTART-"], entities: [] })).toContain("-DOCSTART-")
  expect(await bad({ words: ["\ud83d"], entities: [] })).toContain("lone surrogate")
  expect([...new Glob("*").scanSync(dir.path)]).toEqual([])
})

/** Sentences, words and entities of a file, counted the plain way: split at line ends, count the first words of entities. */
const plainCounts = (path: string) => {
  const rows = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("-DOCSTART-"))
  let [sentences, words, entities, previous] = [0, 0, 0, ""]
  for (const row of rows) {
    if (row.trim() === "") {
      previous = ""
      continue
    }
    if (previous === "") sentences++
    const tag = row.split(row.includes("\t") ? "\t" : " ").at(-1)!
    words++
    if (
      tag !== "O" &&
      (tag.startsWith("B-") || tag !== previous) &&
      !(tag.startsWith("I-") && previous.slice(2) === tag.slice(2))
    )
      entities++
    previous = tag
  }
  return { sentences, words, entities }
}

withData("every few-shot set is read to the last word", async (data) => {
  const paths = [...new Glob("few-shot/**/*.{txt,tsv,bio,conll}").scanSync(data)].toSorted()
  expect(paths.length).toBe(17)
  for (const path of paths) {
    const { report, sentences: read } = await openLabelled(join(data, path))
    const sentences = await collect(read)
    const counts = {
      sentences: sentences.length,
      words: sentences.reduce((sum, { words }) => sum + words.length, 0),
      entities: sentences.reduce((sum, { entities }) => sum + entities.length, 0)
    }
    expect({ path, ...counts }).toEqual({ path, ...plainCounts(join(data, path)) })
    const scheme = path.includes("wikigold") ? "IO" : "BIO"
    expect(report.details[1]).toBe(scheme)
    const changed = sentences.filter(({ words, entities }) => {
      const read = fromTags(toTags(entities, words.length, scheme), scheme)
      return JSON.stringify(read) !== JSON.stringify(entities)
    })
    expect(changed).toEqual([])
  }
})

withData(
  "Few-NERD's text files are read to the last word, and nothing else is taken for their scheme",
  async (data) => {
    const paths = [...new Glob("few-nerd-format/*/*.txt").scanSync(data)].toSorted()
    expect(paths.length).toBe(9)
    for (const path of paths) {
      const { report, sentences: read } = await openLabelled(join(data, path))
      const sentences = await collect(read)
      const counts = {
        sentences: sentences.length,
        words: sentences.reduce((sum, { words }) => sum + words.length, 0),
        entities: sentences.reduce((sum, { entities }) => sum + entities.length, 0)
      }
      expect({ path, ...counts }).toEqual({ path, ...plainCounts(join(data, path)) })
      expect(report.details[1]).toBe("bare")
    }
  }
)
