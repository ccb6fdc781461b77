/**
 * Slow suite: other people's readers over the files that we write. `NUNER_PYTHON=<python> bun packages/core/test/peers/run.ts` needs the packages that
 * `peers.py` names. It compares what each peer read with the documents, and writes `outputs.json` (`bun run format` after it); with `make`, it writes anew what peers make for
 * our readers.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { tempDir } from "@nuner/testing"
import { asText, asWords, type Document, formatNamed } from "../../src/index.ts"

const python = process.env.NUNER_PYTHON ?? "python3"
const peers = (mode: string, folder: string): string => {
  const { exitCode, stderr, stdout } = Bun.spawnSync([python, join(import.meta.dir, "peers.py"), mode, folder])
  if (exitCode !== 0) throw new Error(`peers.py failed: ${stderr}`)
  return `${stdout}`.trim()
}

const span = (text: string, covered: string, type: string) => {
  const start = text.indexOf(covered)
  return { start, end: start + covered.length, type }
}
const document = (line: number, text: string, entities: ReadonlyArray<readonly [string, string]>): Document => ({
  line,
  id: `d${line}`,
  text,
  entities: entities.map(([covered, type]) => span(text, covered, type))
})
const documents = [
  document(1, "👞 ACME hires Ulla Berg.", [
    ["ACME", "ORG"],
    ["Ulla Berg", "PERSON"]
  ]),
  document(2, "小明在北京大学读书", [
    ["小明", "person"],
    ["北京大学", "org"]
  ]),
  document(3, "שלום עולם, café  DATE!", [["DATE", "a type of words"]]),
  document(4, "Nothing here.", [])
]

const written = {
  "written.spacy": "spacy",
  "written.spacy.json": "spacy-json",
  "written.parquet": "parquet",
  "written.jsonl": "jsonl",
  "written.tags.jsonl": "hugging-face",
  "written.tags.parquet": "hugging-face",
  "written.gliner.json": "gliner",
  "written.label-studio.json": "label-studio",
  "written.doccano.jsonl": "doccano",
  "written.brat": "brat"
}

const inText = documents.map((one) => {
  const { entities, text } = asText(one)
  return [text, entities.map(({ end, start, type }) => [text.slice(start, end), type])]
})
const inWords = documents.map((one) => {
  const { entities, words } = asWords(one)
  return [words.join(" "), entities.map(({ end, start, type }) => [words.slice(start, end).join(" "), type])]
})

using folder = tempDir()
if (process.argv[2] === "make") peers("make", import.meta.dir)
mkdirSync(join(folder.path, "ls"))
for (const [file, format] of Object.entries(written)) {
  const all = async function* () {
    yield* documents
  }
  await formatNamed(format).write!(join(folder.path, file), all(), {})
}
const read: Record<string, unknown> = JSON.parse(peers("read", folder.path).split("\n").at(-1)!)
let wrong = 0
for (const [peer, found] of Object.entries(read)) {
  const expected = peer.includes("tags") || peer === "GLiNER" ? inWords : inText
  const same = Bun.deepEquals(found, expected)
  if (!same) wrong++
  console.log(`${same ? "same" : "DIFFERENT"}  ${peer}${same ? "" : `: ${JSON.stringify(found)}`}`)
}
writeFileSync(join(import.meta.dir, "outputs.json"), `${JSON.stringify(read, undefined, 2)}\n`)
process.exitCode = wrong === 0 ? 0 : 1
