import { expect, test } from "bun:test"
import { join } from "node:path"
import { tempDir } from "@nuner/testing"
import { asText, type DataReport, formats, type OpenOptions, openData } from "../src/index.ts"
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
  expect(await read("webanno.tsv")).toEqual({
    format: "webanno",
    found: ["1 Ulla Berg/PER Oslo-Nord/LOC Oslo-Nord/OTH|ER", "2"],
    said: {}
  })
  expect(await read("label-studio-min.json")).toEqual({
    format: "label-studio",
    found: ["3 Ulla/NAME Ulla/PER"],
    said: {}
  })
  expect(await read("label-studio-old.json")).toEqual({
    format: "label-studio",
    found: ["1 Ulla/PER", "3 Oslo/LOC"],
    said: {
      "annotations cancelled": 1,
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
