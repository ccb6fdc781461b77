import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { writeJsonl } from "@nuner/core"
import type { EpisodeRecord } from "@nuner/tadner"
import { tempDir } from "@nuner/testing"
import { experimentOf, ofSizes } from "../../../benchmarks/transfer/Experiment.ts"
import { bestLayers, devDefinition, devScores } from "../../../benchmarks/transfer/encoders.ts"
import { minilmRows } from "../../../benchmarks/transfer/parts/frozen.ts"
import { parts } from "../../../benchmarks/transfer/parts/index.ts"
import { averages, publish, published, summaryTable } from "../../../benchmarks/transfer/results.ts"
import { decodeDefinition } from "../src/benchmark/decodeDefinition.ts"
import type { BenchmarkInput, BenchmarkResult, BenchmarkRun } from "../src/index.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)
afterAll(() => folder[Symbol.dispose]())

describe("the transfer experiment", () => {
  const place = experimentOf(at("transfer"), { data: at("data"), models: at("models") })

  test("its definitions are benchmark files, and read each encoder at its last and at the best other layers", async () => {
    for (const model of Object.values(minilmRows(place)).flat()) mkdirSync(model, { recursive: true })
    const dev = devDefinition(place, "minilm", minilmRows(place), [8], 3)
    expect(decodeDefinition(dev).encoders["NuNER [-1,3]"]).toMatchObject({ layers: [-1, 3] })
    const run = (encoder: string, tokenMacroF1: number) =>
      ({ encoder, tokenMacroF1, dataset: "one", size: 8 }) as BenchmarkRun
    const scores = devScores(
      [run("NuNER [3]", 40), run("NuNER [3]", 50), run("NuNER [-1,3]", 44), run("base [5]", 9)],
      8
    )
    expect(scores.get("NuNER [3]")).toBe(45)
    const encoders = bestLayers("minilm", minilmRows(place), scores)
    expect(encoders["NuNER, best layer"]).toMatchObject({ layers: [3] })
    expect(encoders["base, best layer"]).toMatchObject({ layers: [5] })
    expect(Object.keys(encoders)).toContain("NER-BERT style")
    expect(Object.keys(encoders)).not.toContain("NER-BERT style, best layer")
  })

  test("sizes that are asked for are of entities or of words, as a benchmark counts, and the whole stays whole", () => {
    const input: BenchmarkInput = { encoders: { one: "model" }, datasets: { one: { train: "train", test: "test" } } }
    const sizes = (more: Partial<BenchmarkInput>) => {
      const { k, whole, words } = decodeDefinition(ofSizes({ ...input, ...more }, [8]))
      return { k, words, whole }
    }
    expect(sizes({})).toEqual({ k: [8], words: undefined, whole: undefined })
    expect(sizes({ words: [1, 2] })).toEqual({ k: undefined, words: [8], whole: undefined })
    expect(sizes({ whole: true })).toEqual({ k: undefined, words: undefined, whole: true })
  })

  test("what stands of a part is written to the folder that is named, and nothing of what does not", async () => {
    const near = { one: [{ type: "city", concept: "town", cosine: 0.5, annotations: 7 }] }
    await Bun.write(place.at("why/nearness.json"), JSON.stringify(near))
    await publish(place, ["recipe", "why"], at("published"))
    expect(await Array.fromAsync(new Bun.Glob("**").scan(at("published")))).toEqual(["why/nearness.md"])
    expect(await Bun.file(at("published/why/nearness.md")).text()).toMatch(
      /\| one +\| +0\.50 \| +not run \| +city: town \(7\) \|/
    )
  })

  test("the summary that is published says what the runs beside it say, rounded once", async () => {
    const tokenOf = async (name: string) => {
      const lines = (await Bun.file(join(published, name, "runs.jsonl")).text()).trim().split("\n")
      const runs: ReadonlyArray<BenchmarkRun> = lines.map((line) => JSON.parse(line))
      const sizes = [...new Set(runs.map(({ size }) => size))]
      const datasets = [...new Set(runs.map(({ dataset }) => dataset))].map((name) => ({
        name,
        infeasible: sizes
          .filter((k) => runs.every(({ dataset, size }) => dataset !== name || size !== k))
          .map((size) => ({ size }))
      }))
      const encoders = Object.fromEntries(runs.map(({ encoder }) => [encoder, "model"]))
      return averages({ datasets, definition: { encoders }, runs } as unknown as BenchmarkResult, "tokenMacroF1")
    }
    const table = summaryTable({ minilm: await tokenOf("frozen/test"), mpnet: await tokenOf("mpnet/test") })
    expect(`${table}\n`).toBe(await Bun.file(join(published, "summary.md")).text())
  })

  test("TadNER is compared on the episodes that both encoders went through, and the counts of all are written", async () => {
    const three = (correct: number) => ({ correct, predicted: 4, gold: 2 })
    const record = (index: number, correct: number): EpisodeRecord => ({
      ...{ index, fingerprint: "f", types: ["city"], crashed: false, gold: [], predicted: [] },
      ...{ counts: three(correct), otherChoice: three(0), unseen: three(1), spans: three(2) },
      ...{ typing: { correct: 1, total: 1 }, filter: { threshold: 0, removed: 0, rightly: 0 } },
      ...{ steps: { detector: 9, classifier: 3 }, truncated: 0, windowed: 0, seconds: 1 }
    })
    const write = async (encoder: string, seed: number, records: ReadonlyArray<EpisodeRecord>) =>
      writeJsonl(place.at(`tadner/inter-3-way-1-2-corrected/${encoder}/m-seed-${seed}.jsonl`), records)
    for (const [encoder, seeds] of Object.entries({ base: [0, 1], NuNER: [0, 2] })) {
      const runs = seeds.map((seed) => ({ run: `m-seed-${seed}` }))
      await Bun.write(place.at(`tadner/inter-3-way-1-2-corrected/${encoder}/scores.json`), JSON.stringify(runs))
      await write(encoder, seeds[1]!, [record(0, 0)])
    }
    await write("base", 0, [record(0, 1), record(1, 1), record(2, 0)])
    await write("NuNER", 0, [record(1, 2), record(0, 1)])
    await publish(place, ["tadner"], at("published"))
    // 2 of 8 predicted and 4 gold against 3.
    expect(await Bun.file(at("published/tadner/table.md")).text()).toMatch(
      /\| inter 3-way 1~2, corrected +\| +1 \| +2 \| +33\.3 \| +50\.0 \| \+16\.7 /
    )
    const lines = (await Bun.file(at("published/tadner/episodes.jsonl")).text()).trim().split("\n")
    expect(lines.map((line) => JSON.parse(line))).toHaveLength(7)
    expect(JSON.parse(lines[1]!)).toEqual({
      ...{ episodes: "inter 3-way 1~2, corrected", encoder: "base", seed: 0, index: 1, crashed: false },
      ...{ entities: [1, 4, 2], unseen: [1, 4, 2], spans: [2, 4, 2], steps: [9, 3] }
    })
  })

  test("no step is named twice but those that go on, and each has its core-hours", () => {
    for (const part of Object.values(parts)) {
      const steps = part(place)
      expect(steps.every(({ hours }) => hours >= 0 && hours <= 5)).toBe(true)
      const names = steps.map(({ name }) => name).filter((name) => name !== "recipe/dev")
      expect(new Set(names).size).toBe(names.length)
    }
  })
})
