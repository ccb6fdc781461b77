import { expect, test } from "bun:test"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { tempDir } from "@nuner/testing"
import {
  asText,
  type DataReport,
  type Document,
  formatNamed,
  formats,
  type InputError,
  type OpenOptions,
  openData
} from "../src/index.ts"
import { randomDocuments, reread } from "./documents.ts"

const fixtures = join(import.meta.dir, "fixtures/formats")

/** What a file says: the entities of each text, as text/type, its id before it where it has one; nothing where it is not labelled. */
const read = async (file: string, options: OpenOptions = {}) => {
  const { documents, format, report } = await openData(join(fixtures, file), { allowEmpty: true, ...options })
  const found: Array<unknown> = []
  for await (const document of documents) {
    const { entities, text } = asText(document)
    const labels = document.entities && entities.map(({ end, start, type }) => `${text.slice(start, end)}/${type}`)
    const annotations = document.annotations?.map(({ concept, entity }) => `${entity}/${concept}`)
    found.push([document.id ?? "", ...(annotations ?? labels ?? ["unlabelled"])].join(" "))
  }
  return { format: format.name, found, said: said(report) }
}

const said = ({ dropped, noted }: DataReport) => Object.fromEntries([...dropped, ...noted])

test("every format is recognised by its content and read with its own offsets", async () => {
  expect(await read("argilla.json")).toEqual({
    format: "argilla",
    found: ["a1 Ulla/person", "a2 Oslo/city", "a4 unlabelled"],
    said: { discarded: 1, "records without a response: suggestions read": 1 }
  })
  expect(await read("pubtator.txt")).toEqual({
    format: "pubtator",
    found: ["101 BRCA1/Gene BRCA1/Gene tumours/Disease", "102"],
    said: { "relations passed over": 1 }
  })
  for (const file of ["bioc.xml", "bioc.json"]) {
    expect(await read(file)).toEqual({
      format: file.replace("bioc.", "bioc-"),
      found: ["7-0 BRCA1/Gene", "7-1 Oslo/City", "8-0"],
      said: { "entities in several pieces left out": 1 }
    })
  }
  expect(await read("bigbio.json")).toEqual({
    format: "bigbio",
    found: ["101-0 BRCA1/Gene tumours/Disease", "101-1 Oslo/City"],
    said: { "entities in several pieces left out": 1, "entities in no passage left out": 1 }
  })
  expect(await read("dygie.jsonl")).toEqual({
    format: "dygie",
    found: ["d1-0 Ulla Berg/Person", "d1-2 Oslo/Place", "d2-0"],
    said: {}
  })
  expect(await read("webanno.tsv")).toEqual({
    format: "webanno",
    found: ["1 Ulla Berg/PER Oslo-Nord/LOC Oslo-Nord/OTH|ER", "2"],
    said: {}
  })
  expect(await read("muc.sgml")).toEqual({
    format: "tagged",
    found: [" Ulla Berg/PERSON Berg & Co./ORGANIZATION 5 €/MONEY", "", " Ouse/river"],
    said: { "lines of a tag alone": 4 }
  })
  expect(await read("opennlp.train", { untyped: "place" })).toEqual({
    format: "opennlp",
    found: [" Ulla Berg/person Oslo/place", ""],
    said: {}
  })
  expect(await read("label-studio-min.json")).toEqual({
    format: "label-studio",
    found: ["3 Ulla/NAME Ulla/PER"],
    said: {}
  })
  expect(await read("label-studio-old.json")).toEqual({
    format: "label-studio",
    found: ["1 Ulla/PER", "3 Oslo/LOC", "4 Bo/PER"],
    said: {
      "annotations cancelled": 1,
      "further annotations of a task passed over": 1,
      "results that are no labels of a text passed over": 1,
      "tasks without an annotation: predictions read": 1
    }
  })
  expect(await read("prodigy.jsonl")).toEqual({
    format: "prodigy",
    found: [" Ulla/PER", ""],
    said: { "answered reject": 1, "answered ignore": 1 }
  })
  expect(await read("spacy-doc.json")).toEqual({ format: "spacy-json", found: [" Ulla/PER"], said: {} })
  expect(await read("spacy-2.json")).toEqual({
    format: "spacy-json",
    found: [" ACME/ORG Ulla Berg/PER", " unlabelled"],
    said: {}
  })
  expect(await read("spacy-annotator.json")).toEqual({ format: "spacy-json", found: [" Ulla/PER", ""], said: {} })
  for (const file of ["brat/news.txt", "brat/news.ann"]) {
    expect(await read(file)).toEqual({
      format: "brat",
      found: ["news Ulla\nBerg/PER Oslo/LOC"],
      said: { "entities in several pieces left out": 1 }
    })
  }
  expect(await read("numind.jsonl")).toEqual({
    format: "numind",
    found: [" Ulla/person Oslo/city"],
    said: { "annotations without entity or concept left out": 1 }
  })
})

// `peers/peers.py make` wrote these files: spaCy 3.8.18, datasets 5.2.0, bioc 2.1.
test("spaCy's DocBin, a data set of Hugging Face, BioC and PubTator, as others write them", async () => {
  for (const file of ["xml", "json"]) {
    expect(await read(`../../peers/made.bioc.${file}`)).toEqual({
      format: `bioc-${file}`,
      found: ["7-0 BRCA1/Gene", "7-1 Oslo/City"],
      said: { "entities in several pieces left out": 1 }
    })
  }
  expect(await read("../../peers/made.pubtator")).toEqual({
    format: "pubtator",
    found: ["101 BRCA1/Gene Oslo/City", "102"],
    said: { "relations passed over": 1 }
  })
  expect(await read("../../peers/made.spacy")).toEqual({
    format: "spacy",
    found: [" ACME/ORG Ulla/PER Oslo/LOC", " unlabelled", ""],
    said: { "documents whose span groups are passed over": 1 }
  })
  const rows = await read("../../peers/made.parquet")
  expect(rows).toEqual({
    format: "hugging-face",
    found: ["7 Ulla Berg/PER Oslo/LOC", "9007199254740993"],
    said: {}
  })
})

// `peers/peers.py make` wrote these files: pandas 2.3.3, datasets 5.2.0, label-studio-sdk 2.1.2.
test("tables whose cells hold lists, as pandas, datasets and Label Studio write them", async () => {
  expect(await read("../../peers/made.lists.csv")).toEqual({
    format: "hugging-face",
    found: [" Ulla/PER", ""],
    said: {}
  })
  expect(await read("../../peers/made.datasets.csv", { names: ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"] })).toEqual({
    format: "hugging-face",
    found: ["7 Ulla Berg/PER Oslo/LOC", "9007199254740993"],
    said: {}
  })
  expect(await read("../../peers/made.triples.csv")).toEqual({
    format: "spacy-json",
    found: [" Ulla/PER Oslo/LOC", "", ""],
    said: {}
  })
  for (const file of ["csv", "tsv"]) {
    expect(await read(`../../peers/made.label-studio.${file}`)).toEqual({
      format: "label-studio",
      found: ["0 Ulla/PER Oslo/LOC", "1", "2"],
      said: {}
    })
  }
})

const readText = async (name: string, text: string, options: OpenOptions = {}) => {
  const { documents, format } = await openData({ name, text }, options)
  return { format: format.name, documents: await Array.fromAsync(documents) }
}

test("entities as an object of lists, as datasets writes a sequence of objects", async () => {
  const { documents, format } = await readText(
    "s.jsonl",
    `{"text":"Ulla in Oslo","entities":{"start":[0,8],"end":[4,12],"label":["PER","LOC"]}}
{"text":"Nobody","entities":{"start":[],"end":[],"label":[]}}`
  )
  expect(format).toBe("jsonl")
  expect(documents.map(({ entities }) => entities)).toMatchObject([
    [
      { start: 0, end: 4, type: "PER" },
      { start: 8, end: 12, type: "LOC" }
    ],
    []
  ])
  const numbered = '{"text":"Ulla","entities":{"start":[0],"end":[4],"label":[1]}}'
  const named = await readText("n.jsonl", numbered, { names: ["LOC", "PER"] })
  expect(named.documents[0]!.entities).toMatchObject([{ type: "PER" }])
  await expect(readText("n.jsonl", numbered)).rejects.toThrow("entities[0]: its type is a number (say what they")
  const uneven = readText("u.jsonl", '{"text":"Ulla","entities":{"start":[0],"end":[],"label":["PER"]}}', {
    format: "jsonl"
  })
  await expect(uneven).rejects.toThrow("u.jsonl:1: entities: no list")
})

test("a sentence beside its list of tags", async () => {
  const sentences = `Sentence #,Sentence,POS,Tag
Sentence: 1,Ulla is  in Oslo,"['NNP', 'VBZ', 'IN', 'NNP']","['B-per', 'O', 'O', 'B-geo']"
Sentence: 2,Nobody is,"['NN', 'VBZ']","['O', 'O']"
`
  const { documents, format } = await readText("ner.csv", sentences)
  expect(format).toBe("hugging-face")
  const entities = [
    { start: 0, end: 1, type: "per" },
    { start: 3, end: 4, type: "geo" }
  ]
  const [first, second] = documents
  expect(first).toMatchObject({
    words: ["Ulla", "is", "in", "Oslo"],
    entities,
    fields: { "Sentence #": "Sentence: 1" }
  })
  expect(second).toMatchObject({ line: 3, words: ["Nobody", "is"], entities: [] })
  const short = `sentence,tags\nUlla is here,"['B-per', 'O', 'O']"\nUlla,"['B-per', 'O']"\n`
  await expect(readText("ner.csv", short)).rejects.toThrow("ner.csv:3: tags: 2 tags for 1 words")
  // Tags of a text are not tags of its words.
  expect((await readText("blog.csv", `text,tags\nOslo travel,"['city', 'sea']"\n`)).format).toBe("jsonl")
})

test("a table whose lists say nothing of entities is one of texts; a broken list is told", async () => {
  const { documents, format } = await readText(
    "t.csv",
    `id,text,meta\n7,"Ulla, in Oslo","{""page"": [1]}"\n8,Nobody,\n`
  )
  expect(format).toBe("jsonl")
  expect(documents).toEqual([
    expect.objectContaining({ id: "7", text: "Ulla, in Oslo", fields: { meta: { page: [1] } } }),
    expect.objectContaining({ id: "8", text: "Nobody" })
  ])
  const rows = Array.from({ length: 20 }, () => `Ulla,"[(0, 4, 'PER')]"\n`).join("")
  await expect(readText("b.csv", `text,entities\n${rows}Bo,"[(0, 2"\n`)).rejects.toThrow(
    'b.csv:22: entities: neither JSON nor a Python list: "[(0, 2"'
  )
  const other = await readText("o.csv", `body,meta\nUlla,[1]\n`, { textColumn: "body" })
  expect(other).toMatchObject({ format: "csv", documents: [{ text: "Ulla", fields: { meta: "[1]" } }] })
})

test("a cell keeps the line ends in it, which offsets count, and every row knows its line", async () => {
  const letter = "Dear Ulla,\r\nOslo\nis\rfar.\r\n"
  for (const end of ["\n", "\r\n"]) {
    const rows = ["id,text,entities", `7,"${letter}","[(12, 16, 'LOC')]"`, "", `8,Bo ran,"[(0, 2, 'PER')]"`, ""]
    const { documents } = await readText("l.csv", rows.join(end))
    expect(documents).toMatchObject([
      { line: 2, id: "7", text: letter, entities: [{ start: 12, end: 16, type: "LOC" }] },
      { line: 7, id: "8", text: "Bo ran" }
    ])
    const texts = await readText("t.csv", [`id,"text"`, `7,"${letter}"`, "8,Bo ran", ""].join(end))
    expect(texts.documents).toMatchObject([
      { line: 2, text: letter },
      { line: 6, text: "Bo ran" }
    ])
  }
})

test("a table with a column of no name, as pandas numbers its rows", async () => {
  const { documents, format } = await readText("p.csv", ",word,tag\n0,Ulla,B-PER\n1,sleeps,O\n")
  expect(format).toBe("csv")
  expect(documents).toMatchObject([{ words: ["Ulla", "sleeps"], entities: [{ start: 0, end: 1, type: "PER" }] }])
})

test("a row of words that is not UTF-8 takes its sentence with it, and the next where that may have begun there", async () => {
  const told: Array<string> = []
  const wordsOf = async (rows: string) => {
    const table = Buffer.from(`Sentence #,Word,Tag\n${rows}`, "latin1")
    const source = { name: "l.csv", text: [table] }
    const onMalformed = (error: Error) => told.push(error.message)
    const { documents, report } = await openData(source, { malformed: "skip", onMalformed })
    const words = (await Array.fromAsync(documents)).map(({ words }) => words!.join(" "))
    return { words, noted: [...report.noted.values()] }
  }
  const first = "s1,Ann,B-per\n,opens,O\ns2,Café,B-org\n,opens,O\ns3,Bo,B-per\n"
  expect(await wordsOf(first)).toEqual({ words: ["Bo"], noted: [] })
  const each =
    "1,Ann,B-per\n1,opens,O\n2,Café,B-org\n2,opens,O\n3,Bo,B-per\n3,in,O\n3,Café,O\n3,x,O\n5,Cy,B-per\n6,Di,B-per\n"
  expect(await wordsOf(each)).toEqual({ words: ["Cy", "Di"], noted: [1] })
  expect(told.map((message) => message.split(" (")[0])).toEqual([
    "l.csv:4: is not UTF-8",
    "l.csv:4: is not UTF-8",
    "l.csv:8: is not UTF-8"
  ])
})

test("one record with entities among many without says what all are", async () => {
  const lines = (record: object, empty: object) =>
    [record, empty, empty, empty].map((one) => JSON.stringify(one)).join("\n")
  const text = "Ulla"
  const span = { start: 0, end: 4 }
  for (const [format, record, empty] of [
    ["spacy-json", { text, entities: [[0, 4, "PER"]] }, { text, entities: [] }],
    [
      "doccano",
      { text, entities: [{ id: 1, label: "PER", start_offset: 0, end_offset: 4 }] },
      { text, entities: [], relations: [] }
    ],
    ["label-studio", { text, label: [{ ...span, text, labels: ["PER"] }], annotator: 1 }, { text, annotator: 1 }],
    ["jsonl", { text, entities: [{ ...span, type: "PER" }] }, { text, entities: [] }]
  ] as const) {
    const late = await readText("late.jsonl", `${`${JSON.stringify(empty)}\n`.repeat(100)}${JSON.stringify(record)}`)
    expect([late.format, late.documents.at(-1)!.entities?.length]).toEqual([format, 1])
    const found = await readText("sparse.jsonl", lines(record, empty))
    expect(found.format).toBe(format)
    expect(found.documents.map(({ entities }) => entities?.map(({ type }) => type))).toEqual([["PER"], [], [], []])
  }
  const empty = `${JSON.stringify({ text, entities: [] })}\n`.repeat(5000)
  const late = readText("late.jsonl", `${empty}${JSON.stringify({ text, entities: [[0, 4, "PER"]] })}`)
  await expect(late).rejects.toThrow(
    "late.jsonl:5001: entities[0]: a list (triples of start, end and type are spaCy's: --format spacy-json)"
  )
})

test("files that are no text are told by what they are", async () => {
  const start = (hex: string, behind = "") => [Buffer.concat([Buffer.from(hex, "hex"), Buffer.from(behind)])]
  const open = (bytes: Array<Uint8Array>) => openData({ name: "f", text: bytes }, { malformed: "skip" })
  const docx = ["[Content_Types].xml", "_rels/.rels", "word/document.xml"].join("  PK  ")
  const wrong: ReadonlyArray<[Array<Uint8Array>, string]> = [
    [start("", "%PDF-1.7\nno NUL so far\n"), "f: is a PDF (make text of it first: pdftotext)"],
    [start("504b0304", docx), "f: is a Word document (save it as plain text, or as HTML)"],
    [start("504b0304", "[Content_Types].xml xl/workbook.xml"), "f: is an Excel workbook (save it as CSV)"],
    [start("504b0304", "mimetypeapplication/vnd.oasis.opendocument.text"), "f: is an OpenDocument text ("],
    [start("504b0304", "a.txt"), "f: is a ZIP archive (unpack it)"],
    [start("d0cf11e0a1b11ae1"), "f: is a document of old Office ("],
    [start("425a6839314159265359"), "f: is packed by bzip2 ("],
    [start("fd377a585a00"), "f: is packed by xz ("],
    [start("28b52ffd"), "f: is packed by Zstandard ("],
    [start("", "ARROW1\0\0"), "f: is an Arrow file ("],
    [start("ffffffff"), "f: is an Arrow stream ("],
    [start("80049500"), "f: is a Python pickle ("],
    [start("", "SQLite format 3\0"), "f: is a SQLite database ("],
    [start("", "Ada wrote.\nBob\0 too.\n"), "f:2: holds a NUL, as no text does (make text of it first; "]
  ]
  for (const [bytes, message] of wrong) await expect(open(bytes)).rejects.toThrow(message)
  expect((await open(start("", "PK is a name.\n"))).format.name).toBe("text")
})

test("DyGIE's words are of their own sentence, and BigBIO's offsets are pairs", async () => {
  const read = async (record: object) => {
    const { documents } = await openData({ name: "r.jsonl", text: JSON.stringify(record) })
    return Array.fromAsync(documents)
  }
  const sentences = [["a", "b"], ["c"]]
  expect(await read({ doc_key: "d", sentences })).toMatchObject([{ id: "d-0" }, { id: "d-1" }])
  await expect(read({ sentences, ner: [[], [[1, 2, "x"]]] })).rejects.toThrow(
    "r.jsonl:1: ner[1][0]: words 1 to 2 are not in its sentence, which has 2 to 2 (words are counted through the document"
  )
  await expect(read({ sentences, ner: [[]] })).rejects.toThrow("ner[1]: no list of the sentence's entities")
  const passages = [{ text: ["a b"], offsets: [[0, 3]] }]
  const entities = [{ type: "x", text: ["a"], offsets: [[0]] }]
  await expect(read({ passages, entities })).rejects.toThrow("entities[0].offsets: no list of start and end")
})

test("text with tags loses nothing but them, and says which do not fit", async () => {
  const read = async (line: string, options: OpenOptions = {}) => {
    const { documents } = await openData({ name: "t.txt", text: `${line}\n` }, { format: "tagged", ...options })
    return (await Array.fromAsync(documents))[0]!
  }
  expect(await read("a <b>c <d>e</d></b> < f, AT&T &lt;g> <h/>", { overlap: "keep" })).toMatchObject({
    text: "a c e < f, AT&T <g> ",
    entities: [
      { start: 2, end: 5, type: "b" },
      { start: 4, end: 5, type: "d" }
    ]
  })
  expect(await read('<entity type="work &amp; play">x</entity>')).toMatchObject({ entities: [{ type: "work & play" }] })
  await expect(read("<a>x")).rejects.toThrow("t.txt:1: <a> is not closed (write <type>text</type> on one line")
  await expect(read("<a>x<b>y</a></b>")).rejects.toThrow("</a> closes <b>")
  await expect(read("x</a> y")).rejects.toThrow("</a> closes nothing")
  await expect(read("<a> </a> y")).rejects.toThrow("<a> has no text")
})

test("text with tags whose lines are wrapped: a paragraph ends at a blank line, or at one of a tag alone", async () => {
  const text = "<P>\n<org>Bank of\r\nOslo</org> and\n<city>Lima</city>.\n</P>\nMore of <org>it</org>.\n\nNo <org>end.\n"
  const read = async (options: OpenOptions) => {
    const malformed: Array<string> = []
    const onMalformed = ({ line, remedy }: InputError) => {
      malformed.push(`${line} ${remedy}`)
    }
    const skipping = { malformed: "skip", onMalformed, ...options } as const
    const { documents } = await openData({ name: "t.txt", text }, skipping)
    const found = await Array.fromAsync(documents, ({ entities, line, text }) => {
      const names = entities!.map(({ end, start, type }) => `${type} ${text!.slice(start, end)}`)
      return [line, text, names.join(", ")]
    })
    return { found, malformed }
  }
  const remedy = (place: string) => `write <type>text</type> ${place}, and &lt; for a < that is text`
  expect(await read({ paragraphs: "blank-line" })).toEqual({
    found: [
      [2, "Bank of Oslo and Lima.", "org Bank of Oslo, city Lima"],
      [6, "More of it.", "org it"]
    ],
    malformed: [`8 ${remedy("in one paragraph")}`]
  })
  const lines = await read({})
  expect(lines.found.map(([line]) => line)).toEqual([4, 6])
  const place = "on one line, or set paragraphs to blank-line where lines are wrapped"
  expect(lines.malformed).toEqual([2, 3, 8].map((line) => `${line} ${remedy(place)}`))
})

test("markup that names no entity is not taken for entities", async () => {
  const formatOf = async (text: string) => (await openData({ name: "t.txt", text }, {})).format.name
  expect(await formatOf("<s>One <b>bold</b> word.</s>\n<p>Two.</p>\n")).toBe("text")
  expect(await formatOf('<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">\n<html><p>x</p></html>\n')).toBe("html")
  await expect(formatOf('<?xml version="1.0"?>\n<feed><link>x</link></feed>\n')).rejects.toThrow(
    "t.txt: is none of the formats that are read: other XML (name one with --format: "
  )
  expect(await formatOf("A List<String> and a Map<String, Number>.\n")).toBe("text")
  expect(await formatOf("<city>Oslo</city> is one.\n\nOne.\nTwo.\nThree.\n")).toBe("tagged")
  expect(await formatOf("<city>Oslo</city> is one.\n\nOne.\nTwo.\nThree.\nFour.\n")).toBe("text")
})

test("OpenNLP's marks that do not fit are told by line", async () => {
  const read = async (line: string) => {
    const { documents } = await openData({ name: "o.txt", text: `a <START:x> b <END>\n${line}\n` })
    return Array.fromAsync(documents)
  }
  await expect(read("<START:x> a <START:y> b <END>")).rejects.toThrow("o.txt:2: <START:y> stands inside of an entity")
  await expect(read("<START:x> <END> a")).rejects.toThrow("o.txt:2: <END> ends no entity")
  await expect(read("<START:x> a")).rejects.toThrow("o.txt:2: an entity has no <END> (write <START:type> words <END>)")
})

test("numbered tags need names", async () => {
  const source = { name: "n.jsonl", text: '{"tokens":["EU","rejects"],"ner_tags":[1,0]}\n' }
  const all = async (options: OpenOptions = {}) => Array.fromAsync((await openData(source, options)).documents)
  await expect(all()).rejects.toThrow(
    "n.jsonl:1: ner_tags: its tags are numbers (say what they stand for, by number: --names"
  )
  expect((await all({ names: ["O", "B-ORG"] }))[0]!.entities).toEqual([{ start: 0, end: 1, type: "ORG" }])
  await expect(all({ names: ["O"] })).rejects.toThrow("ner_tags[0]: 1 is not one of 1 names")
})

test("spans that a reader makes of tokens or marks are in no unit of the file's", async () => {
  using folder = tempDir()
  const document = { line: 1, text: "👞 Ulla in Oslo", entities: [{ start: 3, end: 7, type: "PER" }] }
  for (const name of ["spacy", "marked"]) {
    await write(name, folder.file(name), [document])
    const { documents } = await openData(folder.file(name), { offsets: "codepoints" })
    expect(await Array.fromAsync(documents)).toMatchObject([document])
  }
})

test("Label Studio before 1.4 counted in UTF-16: the error says so, and the flag reads it", async () => {
  const result = [{ type: "labels", value: { start: 3, end: 7, text: "Ulla", labels: ["PER"] } }]
  const source = { name: "ls.json", text: JSON.stringify([{ data: { text: "👞 Ulla" }, annotations: [{ result }] }]) }
  const all = async (options: OpenOptions = {}) => Array.fromAsync((await openData(source, options)).documents)
  await expect(all()).rejects.toThrow("counted in utf16 every entity of the file fits (--offsets utf16)")
  expect((await all({ offsets: "utf16" }))[0]!.entities).toMatchObject([{ start: 3, end: 7, type: "PER" }])
})

test("C4 by its real name: packed JSON Lines that end in .json.gz", async () => {
  using folder = tempDir()
  const path = join(folder.path, "c4-train.00000-of-01024.json.gz")
  const page = { text: "A page.\nIts second line.", timestamp: "2019-04-25T12:57:54Z", url: "https://example.org" }
  writeFileSync(path, gzipSync(`${JSON.stringify(page)}\n`))
  const { documents } = await openData(path)
  const { text, ...fields } = page
  expect(await Array.fromAsync(documents)).toMatchObject([{ line: 1, text, fields }])
})

const write = async (name: string, path: string, documents: ReadonlyArray<Document>) =>
  formatNamed(name).write!(
    path,
    (async function* () {
      yield* documents
    })(),
    {}
  )

const labelled: Document = { line: 1, text: "👞 Ulla", entities: [{ start: 3, end: 7, type: "person" }] }

test("conversations for fine-tuning a chat model", async () => {
  using folder = tempDir()
  expect(await write("chat", folder.file("chat.jsonl"), [labelled])).toBe(1)
  const { messages } = JSON.parse(readFileSync(folder.file("chat.jsonl"), "utf8"))
  expect(messages.map(({ role }: { role: string }) => role)).toEqual(["system", "user", "assistant"])
  expect([messages[1].content, JSON.parse(messages[2].content)]).toEqual([
    "👞 Ulla",
    [{ entity: "Ulla", type: "person" }]
  ])
})

test("NuNER's columns come with a dataset card, which is never written over", async () => {
  using folder = tempDir()
  const annotated: Document = {
    line: 1,
    text: "Ulla's Oslo",
    annotations: [{ entity: "Oslo", concept: "city", description: "it's a capital" }]
  }
  for (const file of ["a.parquet", "b.jsonl", "c.json"]) {
    expect(await write("numind", folder.file(file), [annotated, labelled])).toBe(2)
    const { documents, format } = await openData(folder.file(file))
    const found = await Array.fromAsync(documents)
    expect([format.name, found.map(({ annotations }) => annotations)]).toEqual([
      "numind",
      [annotated.annotations, [{ entity: "Ulla", concept: "person" }]]
    ])
  }
  const card = readFileSync(folder.file("README.md"), "utf8")
  expect(card).toContain('data_files: "a.parquet"')
  expect(card).toContain("2 sentences with 2 entities of 2 concepts")
})

test("predictions for Label Studio are predictions, with their scores", async () => {
  using folder = tempDir()
  const entities = [{ ...labelled.entities![0]!, fields: { score: 0.5 } }]
  await write("label-studio-predictions", folder.file("p.json"), [{ ...labelled, entities }])
  const [task] = JSON.parse(readFileSync(folder.file("p.json"), "utf8"))
  expect(task.annotations).toBeUndefined()
  expect(task.predictions[0].result[0]).toMatchObject({
    score: 0.5,
    value: { start: 2, end: 6, text: "Ulla", labels: ["person"] }
  })
})

test("fields of a record give way to what the format calls so", async () => {
  using folder = tempDir()
  const fields = { label: "theirs", tokenized_text: "theirs", note: "kept" }
  await write("doccano", folder.file("d.jsonl"), [{ ...labelled, fields }])
  await write("gliner", folder.file("g.json"), [{ ...labelled, fields }])
  expect(JSON.parse(readFileSync(folder.file("d.jsonl"), "utf8"))).toMatchObject({
    label: [[2, 6, "person"]],
    note: "kept"
  })
  expect(JSON.parse(readFileSync(folder.file("g.json"), "utf8"))[0]).toMatchObject({
    tokenized_text: ["👞", "Ulla"],
    label: "theirs"
  })
})

test("brat's types have no white space", async () => {
  using folder = tempDir()
  const entities = [{ ...labelled.entities![0]!, type: "Person | 100 %" }]
  await write("brat", folder.file("b"), [{ ...labelled, id: "x/y", entities }])
  expect(readFileSync(folder.file("b/x_y.ann"), "utf8")).toBe("T1\tPerson%20|%20100%20%25 2 6\tUlla\n")
})

test("what one tag a token cannot hold is refused by name", async () => {
  using folder = tempDir()
  const entities = [...labelled.entities!, { start: 3, end: 7, type: "name" }]
  const writing = write("spacy", folder.file("x.spacy"), [{ ...labelled, id: "d7", entities }])
  await expect(writing).rejects.toThrow('document d7: entity "Ulla" overlaps another')
})

for (const format of formats.filter(({ name, write }) => write !== undefined && name !== "chat" && name !== "numind")) {
  test(`${format.name}: what is written is read back, by its content alone`, async () => {
    using folder = tempDir()
    for (let seed = 0; seed < 20; seed++) {
      const { expected, found } = await reread(
        format,
        randomDocuments(seed, format.flat === true),
        join(folder.path, `${seed}.${format.endings?.[0] ?? "json"}`)
      )
      expect([seed, found]).toEqual([seed, expected])
    }
  })
}

for (const format of formats.filter(({ write }) => write !== undefined)) {
  const name = `all.${format.endings?.[0] ?? "json"}.gz`
  if (["brat", "parquet", "spacy"].includes(format.name)) {
    test(`${format.name}: a name in .gz is refused`, async () => {
      using folder = tempDir()
      await expect(write(format.name, folder.file(name), [labelled])).rejects.toThrow(/is not written as gzip/)
      expect(readdirSync(folder.path)).toEqual([])
    })
  } else {
    test(`${format.name}: what a name in .gz says is what is written`, async () => {
      using folder = tempDir()
      const documents = randomDocuments(1, format.flat === true)
      await write(format.name, folder.file(name), documents)
      await write(format.name, folder.file(name.slice(0, -3)), documents)
      const plain = readFileSync(folder.file(name.slice(0, -3)), "utf8")
      expect(gunzipSync(readFileSync(folder.file(name))).toString()).toBe(plain)
      if (["chat", "numind"].includes(format.name)) return
      const { expected, found } = await reread(format, documents, folder.file(name))
      expect(found).toEqual(expected)
    })
  }
}
