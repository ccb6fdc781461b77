import { schemeDetector } from "../tags/detectScheme.ts"
import { readConll } from "./conll.ts"
import { asWords } from "./documents.ts"
import type { Format } from "./Format.ts"
import { writeConll } from "./writeConll.ts"

/** Columns: a word and its tag a line, sentences parted by blank lines. */
export const conll: Format = {
  name: "conll",
  title: "columns of words and tags, in any scheme",
  unit: "utf16",
  endings: ["conll", "bio", "iob", "iob2", "tsv"],
  recognise: ({ lines, shape }) => {
    if (shape !== "text") return false
    const rows = lines.filter((line) => /\S/.test(line) && !line.startsWith("-DOCSTART-"))
    const tags = schemeDetector()
    const last = rows.map(
      (row) =>
        row
          .trim()
          .split(/[ \t]+/)
          .at(-1)!
    )
    tags.add(last)
    return last.some((tag) => /^[BI]-|^O$/.test(tag)) && rows.every((row) => /\S[ \t]+\S/.test(row))
  },
  async *read(source, reading) {
    let line = 0
    for await (const { words, entities } of readConll(source, { onMalformed: reading.malformed })) {
      yield { line: ++line, words, entities }
    }
  },
  write: (path, documents, { scheme = "BIO" }) =>
    writeConll(
      path,
      (async function* () {
        for await (const one of documents) yield asWords(one)
      })(),
      { scheme }
    )
}
