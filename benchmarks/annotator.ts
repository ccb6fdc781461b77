/** How fast the annotator asks, and how much memory it takes: against a fake LLM server in a process of its own. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { annotate, openai, type Summary } from "@nuner/annotator"
import { FakeLlm } from "@nuner/testing"
import { Redacted } from "effect"
import { median } from "./support/median.ts"
import { type Benchmark, lessIsBetter, moreIsBetter, type Row } from "./support/Row.ts"

const LATENCY_MS = 200
const IN_FLIGHT = 64
const REQUESTS = 4800
const SENTENCES = 100_000
const MIB = 1024 * 1024

const benchmark: Benchmark = {
  name: "annotator",
  async *run() {
    yield await throughput()
    yield* memory()
  }
}
export default benchmark

const throughput = async (): Promise<Row> => {
  const { summary } = await annotateAll(REQUESTS, LATENCY_MS, () => {})
  const ours = REQUESTS / summary.seconds
  const peer = IN_FLIGHT / (LATENCY_MS / 1000)
  return {
    bench: "annotator",
    case: `${REQUESTS} requests of ${LATENCY_MS} ms, ${IN_FLIGHT} in flight`,
    metric: "requests/s",
    ours,
    peer,
    peerName: "no overhead at all",
    ratio: moreIsBetter(ours, peer),
    note: `OpenAI SDK over HTTP, SQLite ledger in a file, from the first sentence to the summary; ${summary.answered} answered`
  }
}

/** Resident memory while 100,000 sentences go through: the last tenth against the second. */
async function* memory(): AsyncGenerator<Row> {
  const samples: Array<readonly [done: number, bytes: number]> = []
  const { summary } = await annotateAll(SENTENCES, 0, (done) => samples.push([done, process.memoryUsage.rss()]))
  const between = (from: number, to: number) =>
    median(samples.filter(([done]) => done >= from * SENTENCES && done < to * SENTENCES).map(([, bytes]) => bytes)) /
    MIB
  const ours = between(0.9, 1)
  const peer = between(0.1, 0.2)
  yield {
    bench: "annotator",
    case: `${SENTENCES.toLocaleString("en-US")} sentences, ${IN_FLIGHT} in flight`,
    metric: "MiB resident",
    ours,
    peer,
    peerName: "the same run after 10-20 %",
    ratio: lessIsBetter(ours, peer),
    note: `flat means a ratio near 1; ${Math.round(SENTENCES / summary.seconds)} sentences/s without latency`
  }
}

/** Runs the annotator over so many sentences; `onProgress` is called a few times a second. */
const annotateAll = async (
  count: number,
  latencyMs: number,
  onProgress: (done: number) => void
): Promise<{ summary: Summary }> => {
  const directory = mkdtempSync(join(tmpdir(), "nuner-bench-"))
  const server = Bun.spawn(["bun", import.meta.path, "serve", String(latencyMs)], { stdin: "pipe", stdout: "pipe" })
  try {
    const baseUrl = await firstLine(server.stdout)
    const events = annotate({
      ...{ sentences: sentences(count), provider: openai({ apiKey: Redacted.make("none"), baseUrl }), model: "fake" },
      ...{ ledger: join(directory, "ledger.sqlite"), concurrency: IN_FLIGHT, progressSeconds: 0.2 }
    })
    for await (const event of events) {
      if (event.type === "progress") onProgress(event.progress.done)
      if (event.type === "summary") return { summary: event.summary }
    }
    throw new Error("the run ended without a summary")
  } finally {
    server.kill()
    await server.exited
    rmSync(directory, { recursive: true })
  }
}

function* sentences(count: number): Generator<{ id: string; text: string }> {
  for (let i = 0; i < count; i++) yield { id: `s${i}`, text: `Sentence ${i} was written by Ada Lovelace in London.` }
}

const firstLine = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  let text = ""
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk)
    if (text.includes("\n")) break
  }
  return text.trim()
}

/** The server's process; it ends with the one that started it. */
if (import.meta.main && process.argv[2] === "serve") {
  const fake = new FakeLlm({ latencyMs: Number(process.argv[3]), keepCalls: false, idempotency: false })
  console.log(fake.openAiUrl)
  for await (const _ of Bun.stdin.stream());
  await fake.stop()
}
