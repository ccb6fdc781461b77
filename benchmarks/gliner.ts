/**
 * Zero-shot prediction beside GLiNER's Python: the same weights (`mini` with a random head, of single words and of spans) and texts, one sentence of about 20
 * words after the other in batches of 8, from text to entities, with 1, 10 and 25 types.
 *
 * PYTHON or NUNER_PYTHON names the Python that has gliner; NUNER_BENCH_CLOCK=processor measures processor time instead of wall time, for a busy
 * machine and NUNER_THREADS=1.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { rng, words } from "@nuner/core"
import { fromPretrained } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { loadGliner, newGliner } from "@nuner/zeroshot"
import { clock, now } from "./support/clock.ts"
import { median } from "./support/median.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, moreIsBetter, type Row } from "./support/Row.ts"

const heads = [
  { name: "NuNER Zero (single words)", spanMode: "marker", maxWidth: 1 },
  { name: "markerV0, 12 words", spanMode: "markerV0", maxWidth: 12 }
] as const
const types = [1, 10, 25]
const batch = 8
const repeats = 3
/** Nothing of a random head is near it: decoding costs nothing on either side. */
const threshold = 0.99

async function* run(): AsyncGenerator<Row> {
  const { name, threads } = await useEngine()
  const texts = await madeTexts(64)
  for (const { name: head, ...shape } of heads) {
    const directory = await mkdtemp(join(tmpdir(), "nuner-bench-"))
    try {
      const fresh = await newGliner(await fromPretrained("mini"), shape)
      await fresh.save(directory)
      fresh.dispose()
      const model = await loadGliner(directory)
      for (const count of types) {
        const labels = Array.from({ length: count }, (_, i) => `kind ${i}`)
        const times: Array<number> = []
        for (let round = 0; round <= repeats; round++) {
          const started = now()
          for (let from = 0; from < texts.length; from += batch) {
            await model.predict(texts.slice(from, from + batch), labels, { mode: "published", threshold })
          }
          if (round > 0) times.push(now() - started)
        }
        const rate = (milliseconds: number) => Number(((1000 * texts.length) / milliseconds).toPrecision(3))
        const ours = rate(median(times))
        const python = await runPython<{ milliseconds: number; version: string }>("gliner_predict.py", {
          ...{ directory, texts, labels, batch, repeats, threads, threshold, clock }
        })
        const note = `engine ${name}, ${threads} ${threads === 1 ? "thread" : "threads"}, ${clock} time`
        const peer = python.skipped ? null : rate(python.output.milliseconds)
        yield {
          ...{
            bench: "gliner",
            case: `${head}, ${count} types`,
            metric: "texts/s",
            ours,
            peer,
            peerName: "gliner (PyTorch)"
          },
          ratio: moreIsBetter(ours, peer),
          note: python.skipped ? python.reason : `${note}; ${python.output.version}`
        }
      }
      model.dispose()
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
}

/** Stretches of 20 words of our own documentation. */
const madeTexts = async (count: number): Promise<Array<string>> => {
  const all = words(await readFile(join(import.meta.dir, "../docs/architecture.md"), "utf8")).map(({ word }) => word)
  const random = rng("texts")
  return Array.from({ length: count }, () => {
    const from = random.int(all.length - 20)
    return all.slice(from, from + 20).join(" ")
  })
}

const benchmark: Benchmark = { name: "gliner", run }
export default benchmark
