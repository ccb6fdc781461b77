import { expect } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { withData } from "@nuner/testing"
import { Glob } from "bun"
import { openData } from "../src/index.ts"

const filled = (path: string) =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "").length

/** What each kind of file is taken for, and how many records it has, counted without a reader. Columns are counted in conll.test.ts. */
const kinds: ReadonlyArray<readonly [glob: string, files: number, format: string, records: (path: string) => number]> =
  [
    ["llm-annotated/*annotated*.jsonl", 4, "jsonl", filled],
    ["llm-annotated/numind-columns.jsonl", 1, "numind", filled],
    ["llm-in-context/*.jsonl", 5, "jsonl", filled],
    ["llm-labelled/*.jsonl", 3, "jsonl", filled],
    ["llm-in-context/*.txt", 5, "text", filled],
    ["open-types/gliner-sample.json", 1, "gliner", (path) => JSON.parse(readFileSync(path, "utf8")).length],
    ["open-types/{train,dev}.json", 2, "ultra-fine", filled],
    ["text/*.jsonl", 2, "jsonl", filled],
    ["text/*.txt", 3, "text", filled]
  ]

for (const [glob, files, format, records] of kinds) {
  withData(`${glob}: recognised as ${format}, and read to the last record`, async (data) => {
    const paths = [...new Glob(glob).scanSync(data)].toSorted()
    expect(paths.length).toBe(files)
    for (const path of paths) {
      const options = { onCut: "expand", overlap: "keep" } as const
      const { documents, report } = await openData(join(data, path), options)
      for await (const { text, words } of documents) expect(text ?? words).toBeDefined()
      const read = { path, format: report.format, documents: report.documents, malformed: report.malformed }
      expect(read).toEqual({ path, format, documents: records(join(data, path)), malformed: 0 })
    }
  })
}
