import { rng } from "@nuner/core"
import { useEngine } from "@nuner/engine"
import { ZeroShot } from "@nuner/zeroshot"
import { clock, now } from "./support/clock.ts"
import { runPython } from "./support/python.ts"
import { type Benchmark, moreIsBetter, type Row } from "./support/Row.ts"

const TYPES = [1, 10, 100, 1000]
const TEXTS = 128

const places = ["Lisbon", "Oslo", "Lima", "Kyoto", "Harbour Hall"]
const people = ["Ines Moreau", "Tomas Lindqvist", "Ada Pereira", "Bela Novak"]
const fillers = "the novel was read again by candle light while rain fell on every street of it in that year".split(" ")

/** Sentences of 20 words or so. */
const texts = (): ReadonlyArray<string> => {
  const random = rng("zeroshot")
  const pick = (list: ReadonlyArray<string>) => list[random.int(list.length)]!
  return Array.from({ length: TEXTS }, () => {
    const words = Array.from({ length: 14 + random.int(6) }, () => pick(fillers))
    return `In ${pick(places)} ${pick(people)} said that ${words.join(" ")}.`
  })
}

/**
 * Texts a second of `mini` by the number of types, against GLiNER's Python with a network of the same size (spans, `markerV0`, random weights):
 * it reads types and text in one row, so many types are read in groups of 25. The types' own vectors are computed beforehand, as they are kept.
 */
const zeroshot: Benchmark = {
  name: "zeroshot",
  async *run(): AsyncGenerator<Row> {
    await useEngine()
    const model = await ZeroShot.fromPretrained("mini")
    const input = { texts: texts(), types: TYPES.map((count) => Array.from({ length: count }, (_, i) => `kind ${i}`)) }
    const python = await runPython<{ readonly rates: ReadonlyArray<number>; readonly clock: string }>("zeroshot.py", {
      ...input,
      processor: clock === "processor"
    })
    try {
      for (const [i, types] of input.types.entries()) {
        await model.predict(input.texts.slice(0, 8), types)
        const rates: Array<number> = []
        for (let repeat = 0; repeat < 3; repeat++) {
          const start = now()
          await model.predict(input.texts, types)
          rates.push((1000 * TEXTS) / (now() - start))
        }
        const ours = rates.toSorted((a, b) => a - b)[1]!
        const peer = python.skipped ? null : python.output.rates[i]!
        yield {
          ...{ bench: "zeroshot", case: `${types.length} types`, metric: "texts/s", ours, peer },
          ...{ peerName: "gliner (PyTorch)", ratio: moreIsBetter(ours, peer) },
          note: python.skipped ? python.reason : `${clock} time`
        }
      }
    } finally {
      model.dispose()
    }
  }
}

export default zeroshot
