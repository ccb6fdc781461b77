import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { tempDir, withData } from "@nuner/testing"
import { Glob } from "bun"
import {
  type ConllOptions,
  detectScheme,
  fromTags,
  type InputError,
  type LabelledSentence,
  readConll,
  readFewNerd,
  rng,
  type Scheme,
  skipped,
  toTags,
  writeConll
} from "../src/index.ts"
import { collect, failure } from "./collect.ts"

const read = (text: string, options?: ConllOptions) => readConll({ name: "c.txt", text }, options)
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
  expect((await collect(read("1\tEU\tB-ORG\tx", { wordColumn: 1, tagColumn: 2 }))).map(shown)).toEqual(["EU | 0-1 ORG"])
  expect((await collect(read("ice cream\tB-FOOD\n\u00a0\tO\n😀\tO"))).map(shown)).toEqual([
    "ice cream \u00a0 😀 | 0-1 FOOD"
  ])
  expect((await collect(read(variants[0]!, { ids: "eu" }))).map(({ id }) => id)).toEqual(["eu-0", "eu-1"])
})

test("the scheme is detected, also of a source that can be read once only", async () => {
  const iob1 = "a I-X\nb B-X\n\nc I-Y"
  expect(await detectScheme({ name: "x", text: iob1 })).toBe("IOB1")
  expect((await collect(readConll(new Response(iob1).body!))).map(shown)).toEqual(["a b | 0-1 X, 1-2 X", "c | 0-1 Y"])
  expect(await detectScheme({ name: "x", text: "a O\nb O" })).toBe("BIO")
})

test("an irregular sequence is read as conlleval reads it, and reported", async () => {
  const seen: Array<InputError> = []
  const text = "a\tB-X\n\nb\tO\nc\tI-X\nd\tB-X\ne\tI-X\n"
  const sentences = await collect(read(text, { onIrregular: (error) => seen.push(error) }))
  expect(sentences.map(shown)).toEqual(["a | 0-1 X", "b c d e | 1-2 X, 2-4 X"])
  expect(seen.map((error) => error.message)).toEqual(["c.txt:4: tag: I-X where BIO writes B-X"])
})

test("a malformed row is refused by line, or its sentence left out and counted once", async () => {
  const bad = async (text: string, options?: ConllOptions) => failure(read(text, options))
  expect(await bad("a\tO\nb\n")).toBe(
    "InputError: c.txt:2: one column, where a word and its tag should stand (part columns by tabs or spaces)"
  )
  expect(await bad("a\tO\nb c\n")).toContain("c.txt:2: one column")
  expect(await bad("a\tO\n\nb\tX\tO\n")).toContain("c.txt:3: 3 columns, where the first row has 2")
  expect(await bad("a\tO\n \tO\n")).toContain("c.txt:2: no word")
  expect(await bad("a\tO\nb\t\n")).toContain("c.txt:2: no tag")
  expect(await bad("a\tB-X\nb\tY-X\n")).toContain('c.txt:2: tag: "Y-X" is no BIO tag')
  expect(await bad("a\tB-X", { tagColumn: 5 })).toContain("no such column in a row of 2")
  const lenient = skipped()
  const text = "a\tB-X\n\nb\nc\n\nd\tQ-X\n\ne\tO\n"
  expect((await collect(read(text, { ...lenient, ids: "s" }))).map(({ id, words }) => [id!, ...words])).toEqual([
    ["s-0", "a"],
    ["s-3", "e"]
  ])
  expect(lenient.count).toBe(2)
  expect(lenient.errors.map((error) => error.line)).toEqual([3, 6])
})

test("a line that is not UTF-8 takes its whole sentence with it, never a word alone", async () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  for (const [before, after] of [
    ["b\tO\n", ""],
    ["", "b\tO\n"],
    ["", ""]
  ]) {
    const text = [bytes(`a\tO\n\n${before}`), Uint8Array.of(0xe9, 9, 79, 10), bytes(`${after}\nc\tO\n`)]
    const lenient = skipped()
    expect(
      (await collect(readConll({ name: "c", text }, { ...lenient, scheme: "BIO" }))).map(({ words }) => words)
    ).toEqual([["a"], ["c"]])
    expect(lenient.count).toBe(1)
    expect(await failure(readConll({ name: "c", text }, { scheme: "BIO" }))).toContain("is not UTF-8")
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
      // Detection has to find the scheme by itself.
      expect(await collect(readConll(path))).toEqual(sentences)
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
    const sentences = await collect(readConll(join(data, path)))
    const counts = {
      sentences: sentences.length,
      words: sentences.reduce((sum, { words }) => sum + words.length, 0),
      entities: sentences.reduce((sum, { entities }) => sum + entities.length, 0)
    }
    expect({ path, ...counts }).toEqual({ path, ...plainCounts(join(data, path)) })
    const scheme = path.includes("wikigold") ? "IO" : "BIO"
    expect(await detectScheme(join(data, path))).toBe(scheme)
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
      const sentences = await collect(readFewNerd(join(data, path)))
      const counts = {
        sentences: sentences.length,
        words: sentences.reduce((sum, { words }) => sum + words.length, 0),
        entities: sentences.reduce((sum, { entities }) => sum + entities.length, 0)
      }
      expect({ path, ...counts }).toEqual({ path, ...plainCounts(join(data, path)) })
      expect(await detectScheme(join(data, path))).toBe("bare")
    }
  }
)
