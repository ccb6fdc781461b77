/**
 * Reading of columns and of JSON Lines through the door for data, against the plain Python way with the same checks: processor time, because
 * both are busy with nothing else. 60 MB a file; `--full`: 1 GB. A row is only printed when both sides counted the same. Our memory is that of
 * a process of its own, for the file and for a quarter of it.
 */
import { closeSync, openSync, writeSync } from "node:fs"
import { openData, rng } from "@nuner/core"
import { tempDir } from "@nuner/testing"
import { inProcess } from "./support/inProcess.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, lessIsBetter, moreIsBetter, type Row } from "./support/Row.ts"

type Kind = "conll" | "jsonl"

interface Reading {
  readonly seconds: number
  readonly sentences: number
  readonly types: Readonly<Record<string, number>>
  /** Most memory of the process, in MiB. */
  readonly memory: number
}

const vocabulary =
  "Mia ran to Oslo and the harbour of Bonn was quiet in winter while Ulla read a book about über engines".split(" ")
const types = ["person", "city", "org", "thing"]

/** A file of at least so many bytes, each time the same. */
const make = (kind: Kind, path: string, bytes: number): void => {
  const random = rng("readers")
  const file = openSync(path, "w")
  for (let written = 0; written < bytes; ) {
    let block = ""
    while (block.length < 1 << 20) {
      const words = Array.from({ length: 8 + random.int(22) }, () => vocabulary[random.int(vocabulary.length)]!)
      const entities = []
      for (let start = random.int(5); start < words.length; ) {
        const end = Math.min(words.length, start + 1 + random.int(3))
        entities.push({ start, end, type: types[random.int(types.length)]! })
        start = end + 2 + random.int(7)
      }
      block += kind === "conll" ? columns(words, entities) : record(words, entities)
    }
    written += writeSync(file, block)
  }
  closeSync(file)
}

type Entities = ReadonlyArray<{ readonly start: number; readonly end: number; readonly type: string }>

const columns = (words: ReadonlyArray<string>, entities: Entities): string => {
  const tags = words.map(() => "O")
  for (const { end, start, type } of entities) {
    for (let i = start; i < end; i++) tags[i] = `${i === start ? "B" : "I"}-${type}`
  }
  return `${words.map((word, i) => `${word}\t${tags[i]}\n`).join("")}\n`
}

const record = (words: ReadonlyArray<string>, entities: Entities): string => {
  const starts: Array<number> = []
  let at = 0
  for (const word of words) {
    starts.push(at)
    at += word.length + 1
  }
  const spans = entities.map(({ end, start, type }) => ({
    start: starts[start],
    end: starts[end - 1]! + words[end - 1]!.length,
    type
  }))
  return `${JSON.stringify({ text: words.join(" "), entities: spans })}\n`
}

const measure = async (path: string): Promise<Reading> => {
  const before = process.cpuUsage()
  const { documents, report } = await openData(path)
  let sentences = 0
  for await (const _ of documents) sentences++
  const { system, user } = process.cpuUsage(before)
  const counted = Object.fromEntries([...report.entities].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const memory = process.resourceUsage().maxRSS / 1024
  return { seconds: (user + system) / 1e6, sentences, types: counted, memory }
}

async function* compare(kind: Kind, megabytes: number): AsyncGenerator<Row> {
  using folder = tempDir()
  const [whole, quarter] = [folder.file(`whole.${kind}`), folder.file(`quarter.${kind}`)]
  make(kind, whole, megabytes * 1e6)
  make(kind, quarter, megabytes * 25e4)
  const ours = await inProcess<Reading>(import.meta.path, whole)
  const less = await inProcess<Reading>(import.meta.path, quarter)
  const peer = await runPython<Reading>("readers.py", { kind, path: whole })
  const row = { bench: "readers", case: `${kind}, ${megabytes} MB` }
  const rate = ({ seconds }: Reading) => megabytes / seconds
  if (peer.skipped)
    yield { ...row, metric: "MB/s", ours: rate(ours), peer: null, peerName: "python3", ratio: null, note: peer.reason }
  else {
    const [mine, theirs] = [ours, peer.output].map(({ sentences, types }) => JSON.stringify([sentences, types]))
    if (mine !== theirs) throw new Error(`readers: ours counted ${mine}, Python ${theirs}`)
    const rates = { ours: rate(ours), peer: rate(peer.output) }
    const peerName = `${peer.version} (standard library)`
    yield { ...row, metric: "MB/s", ...rates, peerName, ratio: moreIsBetter(rates.ours, rates.peer) }
  }
  const memory = { ours: ours.memory, peer: less.memory }
  const note = "flat: near 1 whatever the size"
  yield {
    ...row,
    metric: "MiB, most",
    ...memory,
    peerName: "ours, a quarter of the file",
    ratio: lessIsBetter(memory.ours, memory.peer),
    note
  }
}

export default {
  name: "readers",
  async *run() {
    const megabytes = process.argv.includes("--full") ? 1000 : 60
    yield* compare("conll", megabytes)
    yield* compare("jsonl", megabytes)
  }
} satisfies Benchmark

if (import.meta.main) console.log(JSON.stringify(await measure(process.argv[2]!)))
