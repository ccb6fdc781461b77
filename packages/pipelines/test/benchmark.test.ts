import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { classesOf, fitProbe, headOfScores, predictFeatures, wordFeatures } from "@nuner/classifier"
import { type LabelledSentence, readManifest, rng, writeJsonl } from "@nuner/core"
import { loadEncoder, saveEncoder } from "@nuner/encoder"
import { decodeCounts, entityMicro, scores, tokenMacroF1 } from "@nuner/metrics"
import { mineSets } from "@nuner/miner"
import { leakCheck, tempDir } from "@nuner/testing"
import { typeScores } from "@nuner/zeroshot"
import {
  type BenchmarkEvent,
  type BenchmarkInput,
  type BenchmarkOptions,
  benchmark,
  benchmarkReport,
  readBenchmark
} from "../src/index.ts"
import { bf16Test } from "./support/bf16Test.ts"
import { cli, inChild } from "./support/inChild.ts"
import { inProcess } from "./support/inProcess.ts"
import { saveBase } from "./support/saveBase.ts"

const folder = tempDir()
const at = (name: string): string => folder.file(name)

const random = rng("benchmark")
const names = { person: ["Ada", "Bob", "Cid"], city: ["Rome", "Oslo", "Bonn"], river: ["Rhine", "Nile", "Elbe"] }
const types = Object.keys(names) as Array<keyof typeof names>
const sentence = (): LabelledSentence => {
  const type = types[random.int(3)]!
  const words = ["we", "saw", names[type][random.int(3)]!, "today", String(random.int(1e6))]
  return { words, entities: [{ start: 2, end: 3, type }] }
}
const train = Array.from({ length: 60 }, sentence)
const tested = Array.from({ length: 30 }, sentence)

const definition: BenchmarkInput = {
  encoders: { base: at("base"), other: [at("other-0"), at("other-1")] },
  datasets: {
    places: { train: at("train.jsonl"), test: at("test.jsonl") },
    again: { train: at("train.jsonl"), test: at("test.jsonl"), exclude: [at("text.txt"), at("seen.conll")] }
  },
  k: [1, 2, 40],
  sets: 3,
  protocol: { type: "frozen", c: 1 }
}
/** 2 datasets, 3 models, 2 sizes that can be mined, 3 sets. */
const RUNS = 36

const follow = async (input: BenchmarkInput, options: BenchmarkOptions = {}): Promise<Array<BenchmarkEvent>> =>
  Array.fromAsync(benchmark(input, options))
const resultOf = (events: ReadonlyArray<BenchmarkEvent>) => events.findLast((event) => event.type === "done")!.result
const planOf = (events: ReadonlyArray<BenchmarkEvent>) => events.find((event) => event.type === "plan")!

beforeAll(async () => {
  const texts = train.map(({ words }) => words.join(" "))
  const shape = { hidden: 16, layers: 1, heads: 2, positions: 40, initializerRange: 0.2 }
  for (const [seed, name] of ["base", "other-0", "other-1"].entries()) {
    await saveBase(at(name), texts, { shape, vocabSize: 320, seed })
  }
  await writeJsonl(at("train.jsonl"), train)
  await writeJsonl(at("test.jsonl"), tested)
  // The first test sentence as text in another case, the second as columns; the third in neither.
  writeFileSync(at("text.txt"), `Nothing of it here.\n\n${tested[0]!.words.join(" ").toUpperCase()}\n`)
  writeFileSync(at("seen.conll"), `${tested[1]!.words.map((word) => `${word}\tO`).join("\n")}\n\nElse\tO\n`)
  writeFileSync(at("benchmark.json"), JSON.stringify(definition))
  await follow(definition, { log: at("whole.jsonl") })
}, 60_000)
afterAll(() => folder[Symbol.dispose]())

describe("benchmark", () => {
  test("every model is measured on the same sets, as one would by hand; no tensor is left", async () => {
    const { datasets, runs } = resultOf(await leakCheck(() => follow(definition)))
    expect(runs).toHaveLength(RUNS)
    expect(datasets.map(({ infeasible }) => infeasible.map(({ size }) => size))).toEqual([[40], [40]])
    const [set] = mineSets({ sentences: train, k: 2, sets: 3, seed: 0 }).slice(1)
    const encoder = await loadEncoder(at("other-1"))
    const options = { pooling: "mean" } as const
    const { head } = fitProbe(await wordFeatures(encoder, set!.sentences, options), set!.sentences, { c: 1 })
    const predicted = predictFeatures({ head }, await wordFeatures(encoder, tested, options)).map((entities) => ({
      entities
    }))
    encoder.dispose()
    const run = runs.find((run) => run.dataset === "places" && run.model === 1 && run.size === 2 && run.set === 1)!
    expect(run.encoder).toBe("other")
    expect(run.trainSentences).toBe(set!.sentences.length)
    expect(run.tokenMacroF1).toBeCloseTo(100 * tokenMacroF1(tested, predicted), 8)
    expect(run.entityMicroF1).toBeCloseTo(100 * entityMicro(tested, predicted).f1, 8)
  })

  test("training sentences in several files are those of one", async () => {
    await writeJsonl(at("first.jsonl"), train.slice(0, 20))
    await writeJsonl(at("rest.jsonl"), train.slice(20))
    const datasets = { places: { train: [at("first.jsonl"), at("rest.jsonl")], test: at("test.jsonl") } }
    const input = { ...definition, encoders: { base: at("base") }, datasets }
    const { datasets: report, runs } = resultOf(await follow(input))
    expect(report[0]!.trainSentences).toBe(60)
    const whole = resultOf(await follow({ ...input, datasets: { places: definition.datasets.places! } })).runs
    expect(runs).toEqual(whole)
  })

  test("test sentences that stand in other text are removed, and counted", async () => {
    const { datasets } = resultOf(await follow(definition, { log: at("whole.jsonl") }))
    expect(datasets.map(({ testSentences }) => testSentences)).toEqual([30, 28])
    expect(datasets[1]!.removed).toEqual({ [at("text.txt")]: 1, [at("seen.conll")]: 1 })
    const drawn = resultOf(await follow({ ...definition, testSize: 10, k: [1], sets: 1 })).datasets[1]!
    expect([drawn.testSentences, drawn.notDrawn]).toEqual([10, 18])
  })

  test("what a dataset excludes is read as the dataset is", async () => {
    const columns = (sentences: ReadonlyArray<LabelledSentence>): string =>
      sentences
        .map(({ entities, words }) =>
          words
            .map((word, i) => `lemma\t${word}\t${entities[0]!.start === i ? `B-${entities[0]!.type}` : "O"}\n`)
            .join("")
        )
        .join("\n")
    writeFileSync(at("train.tsv"), columns([...train, ...tested.slice(0, 10)]))
    writeFileSync(at("test.tsv"), columns(tested))
    const files = { train: at("train.tsv"), test: at("test.tsv"), data: { wordColumn: 1 } }
    const datasets = { columns: { ...files, exclude: [at("train.tsv")] } }
    const result = resultOf(await follow({ ...definition, datasets, exclude: [at("text.txt")] }, { measure: false }))
    expect(result.datasets[0]!.removed).toEqual({ [at("train.tsv")]: 10, [at("text.txt")]: 0 })
    expect(result.datasets[0]!.testSentences).toBe(20)
  })

  test("a stopped run goes on to the same file, a line cut short by a kill is made again", async () => {
    const whole = readFileSync(at("whole.jsonl"), "utf8")
    expect(whole.trim().split("\n")).toHaveLength(RUNS)

    const controller = new AbortController()
    let runs = 0
    const stopped = async () => {
      for await (const event of benchmark(definition, { log: at("part.jsonl"), signal: controller.signal })) {
        if (event.type === "run" && ++runs === 8) controller.abort(new Error("enough"))
      }
    }
    await expect(stopped()).rejects.toThrow("enough")
    const part = readFileSync(at("part.jsonl"), "utf8")
    expect(part.trim().split("\n")).toHaveLength(8)
    truncateSync(at("part.jsonl"), part.length - 20)
    const events = await follow(definition, { log: at("part.jsonl") })
    expect(planOf(events)).toMatchObject({ runs: RUNS, kept: 7, missing: RUNS - 7, stale: 0 })
    expect(readFileSync(at("part.jsonl"), "utf8")).toBe(whole)

    const leave = async () => {
      for await (const event of benchmark(definition)) if (event.type === "encoding" || event.type === "run") break
    }
    await leakCheck(leave)
  })

  test("what a log holds of other settings, data or weights is in no result", async () => {
    cpSync(at("whole.jsonl"), at("changed.jsonl"))
    const plan = async (changed: Partial<BenchmarkInput>) =>
      planOf(await follow({ ...definition, ...changed }, { log: at("changed.jsonl") }))
    expect(await plan({ sets: 4 })).toMatchObject({ runs: 48, kept: 36, stale: 0 })
    expect(await plan({ k: [1] })).toMatchObject({ runs: 18, kept: 18, stale: 30 })
    const other = { ...definition, protocol: { type: "frozen", c: 0.1 } } as const
    const events = await follow(other, { log: at("changed.jsonl") })
    expect(planOf(events)).toMatchObject({ runs: 36, kept: 0, stale: 48 })
    expect(resultOf(events).runs).toEqual(resultOf(await follow(other)).runs)
    expect(await plan({})).toMatchObject({ runs: 36, kept: 36 })
  })

  test("runs of some types are not taken for those of others, where the test set tells them not apart", async () => {
    await writeJsonl(
      at("cities.jsonl"),
      tested.filter(({ entities }) => entities[0]!.type === "city")
    )
    const plan = async (types: ReadonlyArray<string>) => {
      const datasets = { cities: { train: at("train.jsonl"), test: at("cities.jsonl"), types } }
      const input = { ...definition, encoders: { base: at("base") }, datasets, k: [1], sets: 1 }
      return planOf(await follow(input, { log: at("types.jsonl") }))
    }
    expect(await plan(["city", "river"])).toMatchObject({ runs: 1, kept: 0 })
    expect(await plan(["city", "person"])).toMatchObject({ runs: 1, kept: 0, stale: 1 })
    expect(await plan(["city", "river"])).toMatchObject({ runs: 1, kept: 1 })
  })

  test("an encoder read at its own layers: the runs of a protocol with them, from one pass of the encoder", async () => {
    const encoders = { last: at("base"), "first and last": { models: at("base"), layers: [0, -1] } }
    const events = await leakCheck(() => follow({ ...definition, encoders }))
    const { runs } = resultOf(events)
    const of = (name: string) => runs.filter(({ encoder }) => encoder === name).map(({ encoder: _, ...run }) => run)
    const alone = async (layers: ReadonlyArray<number>) => {
      const protocol = { type: "frozen", c: 1, layers } as const
      const { runs } = resultOf(await follow({ ...definition, encoders: { base: at("base") }, protocol }))
      return runs.map(({ encoder: _, ...run }) => run)
    }
    expect(of("last")).toEqual(await alone([-1]))
    expect(of("first and last")).toEqual(await alone([0, -1]))
    expect(of("last")).not.toEqual(of("first and last"))
    const passes = events.filter((event) => event.type === "encoding" && event.done === event.of)
    expect(passes).toHaveLength(2) // a dataset each
  })

  test("names of types: where probes begin, as they are called; runs without are those of before", async () => {
    const scorer = { similarity: "dot", temperature: 0.1, bias: 0, conceptPooling: "mean" }
    for (const [folder, from] of [
      ["named", "base"],
      ["named/concepts", "other-0"]
    ] as const) {
      const encoder = await loadEncoder(at(from))
      await saveEncoder(at(folder), encoder)
      encoder.dispose()
    }
    writeFileSync(at("named/concepts/scorer.json"), JSON.stringify(scorer))
    writeFileSync(at("names.json"), JSON.stringify({ person: "river" }))
    const places = definition.datasets.places!
    const named = {
      ...{ ...definition, k: [1] },
      encoders: { base: at("base"), same: at("named"), "by name": { models: at("named"), byName: true } },
      datasets: { places, called: { ...places, typeNames: at("names.json") } }
    }
    const { runs } = resultOf(await leakCheck(() => follow(named)))
    const of = (name: string, on: string) =>
      runs
        .filter(({ dataset, encoder }) => encoder === name && dataset === on)
        .map(({ fit, words }) => ({ fit, words }))
    expect(of("same", "places")).toEqual(of("base", "places"))
    expect(of("same", "called")).toEqual(of("base", "places"))
    expect(of("by name", "places").map(({ words }) => words)).not.toEqual(
      of("base", "places").map(({ words }) => words)
    )
    for (const [i, run] of of("by name", "called").entries()) expect(run.fit).not.toBe(of("by name", "places")[i]!.fit)
    expect(of("by name", "called")).not.toEqual(of("by name", "places"))
    // As one would by hand.
    const [set] = mineSets({ sentences: train, k: 1, sets: 3, seed: 0 })
    const encoder = await loadEncoder(at("named"))
    const read = { depth: 1, hidden: 16, layers: [-1] }
    const prior = headOfScores(await typeScores(at("named"))(types), classesOf(types), "bare", read)
    const features = await wordFeatures(encoder, set!.sentences, { pooling: "mean" })
    const { head } = fitProbe(features, set!.sentences, { c: 1 }, { prior })
    const found = predictFeatures({ head }, await wordFeatures(encoder, tested, { pooling: "mean" }))
    encoder.dispose()
    const run = runs.find((run) => run.dataset === "places" && run.encoder === "by name" && run.set === 0)!
    expect(run.tokenMacroF1).toBeCloseTo(
      100 *
        tokenMacroF1(
          tested,
          found.map((entities) => ({ entities }))
        ),
      8
    )
    const without = { ...named, encoders: { base: { models: at("base"), byName: true } } }
    await expect(follow(without)).rejects.toThrow(
      `${at("base")}: has no concept encoder to read names of types with (leave byName of "base" away)`
    )
  })

  test("scores follow from the counts in the log", async () => {
    for (const { entities, entityMicroF1, tokenMacroF1, words } of resultOf(await follow(definition)).runs) {
      expect(100 * scores(decodeCounts(words)).macro.f1).toBe(tokenMacroF1)
      expect(100 * scores(decodeCounts(entities)).micro.f1).toBe(entityMicroF1)
      expect(decodeCounts(entities).units).toBeWithin(28, 31)
    }
  })

  test("some types only: sets of sentences without others, scored on entities of these", async () => {
    const datasets = { places: { train: at("train.jsonl"), test: at("test.jsonl"), types: ["city", "river"] } }
    const { datasets: reports, runs } = resultOf(await follow({ ...definition, datasets, k: [2], sets: 1 }))
    expect(reports[0]!.types).toEqual(["city", "river"])
    expect(runs).toHaveLength(3)
    const golden = tested.flatMap(({ entities }) => entities).filter(({ type }) => type !== "person").length
    for (const { entities, trainSentences } of runs) {
      expect(entities.types.map(([type]) => type)).toEqual(["city", "river"])
      expect(entities.types.reduce((sum, [, , , gold]) => sum + gold, 0)).toBe(golden)
      expect(trainSentences).toBeWithin(4, 9) // 2 to 4 entities of each, one a sentence
    }
  })

  test("the whole training data is learned, as often as asked; without measuring, what stands is told", async () => {
    const { k: _, ...rest } = definition
    const whole = { ...rest, encoders: { base: at("base") }, whole: true, sets: 2 } as const
    const unmeasured = await follow(whole, { log: at("all.jsonl"), measure: false })
    expect(resultOf(unmeasured).runs).toEqual([])
    const result = resultOf(await follow(whole, { log: at("all.jsonl") }))
    const { runs } = result
    expect(runs.map(({ set, size, trainSentences, unit }) => [unit, size, set, trainSentences]).slice(0, 2)).toEqual([
      ["whole", 1, 0, 60],
      ["whole", 1, 1, 60]
    ])
    expect(resultOf(await follow(whole, { log: at("all.jsonl"), measure: false })).runs).toEqual(runs)
    const report = benchmarkReport(result)
    expect(report).toMatch(/; trainings on all training data: 2; seed 0/)
    expect(report).toMatch(/\| token macro F1 +\| +all training data \|/)
  })

  test("neighbours of one type are decoded apart, where the data has many", async () => {
    const pair = (a: string, b: string): LabelledSentence => ({
      words: ["we", "saw", a, b, "today"],
      entities: [2, 3].map((start) => ({ start, end: start + 1, type: "city" }))
    })
    const cities = names.city.flatMap((a) => names.city.map((b) => pair(a, b)))
    await writeJsonl(at("pairs.jsonl"), cities)
    const datasets = { pairs: { train: at("pairs.jsonl"), test: at("pairs.jsonl") } }
    const measure = async (scheme: "auto" | "bare" | "BIO", layers: ReadonlyArray<number>) => {
      const protocol = { type: "frozen", c: 10, scheme, layers } as const
      const input = { encoders: { base: at("base") }, datasets, k: [8], sets: 1, protocol }
      const { datasets: reports, runs } = resultOf(await follow(input))
      expect(reports[0]!.bareCeiling).toBe(0)
      return runs[0]!
    }
    const [auto, bare, bio] = [await measure("auto", [-1]), await measure("bare", [-1]), await measure("BIO", [-1])]
    expect([auto.scheme, bare.scheme, bio.scheme]).toEqual(["BIO", "bare", "BIO"])
    expect(auto.tokenMacroF1).toBe(bare.tokenMacroF1)
    expect(auto.entityMicroF1).toBe(bio.entityMicroF1)
    // One entity of two words is never right.
    expect(bare.entityMicroF1).toBe(0)
    expect(bio.entityMicroF1).toBeGreaterThan(90)
  })

  test("the classes of entities are chosen without a test label", async () => {
    const words = ["we", "saw", "Rome", "Oslo", "today"]
    const apart = { words, entities: [2, 3].map((start) => ({ start, end: start + 1, type: "city" })) }
    await writeJsonl(at("apart.jsonl"), [apart])
    const datasets = { apart: { train: at("train.jsonl"), test: at("apart.jsonl") } }
    const input = { ...definition, encoders: { base: at("base") }, datasets, k: [1], sets: 1 }
    const { datasets: reports, runs } = resultOf(await follow(input))
    expect(reports[0]!.bareCeiling).toBeLessThan(99.5)
    expect(runs[0]!.scheme).toBe("bare")
  })

  test("models of equal weights are measured once", async () => {
    const twice = { ...definition, encoders: { base: at("base"), copy: [at("base"), at("other-0")] } }
    const events = await follow(twice, { log: at("twice.jsonl") })
    expect(planOf(events)).toMatchObject({ runs: 36, kept: 0, missing: 24 })
    const scores = (encoder: string) =>
      resultOf(events).runs.flatMap((run) => (run.encoder === encoder && run.model === 0 ? [run.tokenMacroF1] : []))
    expect(scores("copy")).toEqual(scores("base"))
    expect(planOf(await follow(twice, { log: at("twice.jsonl") }))).toMatchObject({ runs: 36, kept: 36, stale: 0 })
  })

  test("a model whose files are links, as in the hub's cache, is known by what they hold", async () => {
    const linked = (model: string, name: string) => {
      mkdirSync(at(name))
      for (const file of readdirSync(at(model))) symlinkSync(at(`${model}/${file}`), at(`${name}/${file}`))
      return at(name)
    }
    const encoders = { base: at("base"), same: linked("base", "same"), not: linked("other-0", "not") }
    const events = await follow({ ...definition, encoders, k: [1], sets: 1 })
    expect(planOf(events)).toMatchObject({ runs: 6, missing: 4 })
  })

  test("the C that cross-validation takes stands in the log", async () => {
    const cv = { ...definition, k: [8], sets: 2, protocol: { type: "frozen", c: "cv" } } as const
    const chosen = resultOf(await follow(cv)).runs.map(({ c }) => c)
    expect(chosen.every((c) => [0.01, 0.1, 1, 10].includes(c!))).toBe(true)
    expect(resultOf(await follow(definition, { log: at("whole.jsonl") })).runs[0]!.c).toBe(1)
  })

  test("a line that is no run is told by its place", async () => {
    cpSync(at("whole.jsonl"), at("broken.jsonl"))
    appendFileSync(at("broken.jsonl"), '{"encoder": 3}\n')
    await expect(follow(definition, { log: at("broken.jsonl") })).rejects.toThrow("broken.jsonl:37: dataset:")
  })

  test("without a set of any size it says why", async () => {
    await expect(follow({ ...definition, k: [40] })).rejects.toThrow('option "k": mineSets: type')
  })
})

describe("protocols", () => {
  test("full: each set trains everything anew; the same again", async () => {
    const full: BenchmarkInput = {
      ...definition,
      encoders: { base: at("base") },
      datasets: { places: definition.datasets.places! },
      ...{ k: [1], sets: 2, protocol: { type: "full", epochs: 12, headHidden: 8, learningRate: 1e-3 } }
    }
    const events = await leakCheck(() => follow(full))
    const { runs } = resultOf(events)
    expect(runs.map(({ set, size }) => [size, set])).toEqual([
      [1, 0],
      [1, 1]
    ])
    const steps = events.filter((event) => event.type === "training")
    expect(steps.at(-1)).toMatchObject({ dataset: "places", done: steps.at(-1)!.of })
    for (const { tokenMacroF1 } of runs) expect(tokenMacroF1).toBeWithin(0, 100.001)
    expect(resultOf(await follow(full)).runs).toEqual(runs)
  }, 30_000)

  test("full: sets of words train too", async () => {
    const { k: _, ...rest } = definition
    const datasets = { places: definition.datasets.places! }
    const full: BenchmarkInput = { ...rest, datasets, encoders: { base: at("base") }, words: [2], sets: 1 }
    const { runs } = resultOf(await follow({ ...full, protocol: { type: "full", epochs: 1, headHidden: 8 } }))
    expect(runs.map(({ size, unit }) => [unit, size])).toEqual([["words", 2]])
  })

  test("words: as many sets as the paper has", async () => {
    const { k: _, sets: __, ...rest } = definition
    const { runs } = resultOf(await follow({ ...rest, encoders: { base: at("base") }, words: [1, 8] }))
    const of = (size: number) => runs.filter((run) => run.dataset === "places" && run.size === size)
    expect([of(1).length, of(8).length]).toEqual([16, 2])
    expect(of(1).every(({ unit }) => unit === "words")).toBe(true)
  })
})

describe("a benchmark file", () => {
  const file = (content: unknown): string => {
    const path = at("file.json")
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content))
    return path
  }
  const valid = { encoders: { a: "org/model" }, datasets: { d: { train: "a.conll", test: "b.conll" } } }

  test("has paths relative to it, variables of the environment, names of the hub", async () => {
    process.env.BENCHMARK_TEST_DIR = "/data"
    const read = await readBenchmark(
      file({
        encoders: { near: "base", hub: "org/model", several: ["$BENCHMARK_TEST_DIR/x", "./missing"] },
        datasets: {
          d: {
            ...{ train: "$" + "{BENCHMARK_TEST_DIR}/a.conll", test: "b.conll", exclude: ["c.txt"] },
            typeNames: "names.json"
          }
        }
      })
    )
    expect(read.encoders).toEqual({ near: at("base"), hub: "org/model", several: ["/data/x", at("missing")] })
    expect(read.datasets.d).toMatchObject({ train: "/data/a.conll", test: at("b.conll"), exclude: [at("c.txt")] })
    expect(read.protocol).toEqual({
      type: "frozen",
      layers: [-1],
      pooling: "mean",
      scheme: "auto",
      c: 0.1,
      byName: false
    })
    expect(read.datasets.d!.typeNames).toBe(at("names.json"))
    const two = await readBenchmark(file({ ...valid, datasets: { d: { train: ["a.conll", "/b.conll"], test: "c" } } }))
    const known = file({ ...valid, datasets: { d: { ...valid.datasets.d, typeNames: "wnut17" } } })
    expect((await readBenchmark(known)).datasets.d!.typeNames).toBe("wnut17")
    expect(two.datasets.d!.train).toEqual([at("a.conll"), "/b.conll"])
  })

  const wrong: ReadonlyArray<readonly [unknown, string]> = [
    ["{", "not JSON"],
    [{ ...valid, encoders: {} }, "encoders: expected a value with at least 1 entry"],
    [{ ...valid, encoders: { a: [] } }, "encoders.a: "],
    [{ ...valid, datasets: { d: { train: "a" } } }, "datasets.d.test: Missing key"],
    [{ ...valid, protocol: { type: "full", epochs: 0 } }, "protocol.epochs: expected a value greater than 0"],
    [{ ...valid, protocol: { type: "full", patience: 2 } }, "protocol.patience: "],
    [
      { ...valid, encoders: { a: { models: "org/model", byName: true } }, protocol: { type: "full" } },
      'encoders.a.byName: is of frozen probes (leave it away, or take the protocol "frozen")'
    ],
    [{ ...valid, dataset: {} }, 'dataset: unknown option; did you mean "datasets"?'],
    [{ ...valid, k: [1, 1] }, "k: names a size twice"],
    [{ ...valid, k: [1], words: [1] }, "words: stands beside k"],
    [{ ...valid, exclude: ["$BENCHMARK_TEST_UNSET/x"] }, "exclude: $BENCHMARK_TEST_UNSET is not set"]
  ]
  for (const [content, message] of wrong) {
    test(`is refused in one line: ${message}`, async () => {
      await expect(readBenchmark(file(content))).rejects.toThrow(`${at("file.json")}: ${message}`)
    })
  }
})

describe("nuner benchmark", () => {
  test("killed and started again, it leaves the same files as an undisturbed run; then it is kept", async () => {
    const undisturbed = await inProcess("benchmark", at("benchmark.json"), "--out", at("undisturbed"))
    expect(undisturbed).toMatchObject({ code: 0 })
    expect(undisturbed.out).toBe(`${readFileSync(at("undisturbed/tables.md"), "utf8")}\n`)

    const child = Bun.spawn(["bun", cli, "benchmark", at("benchmark.json"), "--out", at("killed")], {
      ...{ stdout: "ignore", stderr: "ignore" }
    })
    const lines = () =>
      Bun.file(at("killed/runs.jsonl")).size > 0 ? readFileSync(at("killed/runs.jsonl"), "utf8").split("\n").length : 0
    while (lines() < 3 && child.exitCode === null) await Bun.sleep(5)
    child.kill("SIGKILL")
    await child.exited
    appendFileSync(at("killed/runs.jsonl"), '{"dataset":"pla')
    const { code, err } = await inProcess("benchmark", at("benchmark.json"), "--out", at("killed"))
    expect({ code, err }).toMatchObject({ code: 0 })
    for (const file of ["runs.jsonl", "tables.md", "learning-curves.svg"]) {
      expect(readFileSync(at(`killed/${file}`), "utf8")).toBe(readFileSync(at(`undisturbed/${file}`), "utf8"))
    }
    const { counts } = await readManifest(at("killed/manifest.json"))
    expect(counts.runs).toEqual({ in: 54, out: RUNS, dropped: { infeasible: 18 } })
    expect(counts.testSentences).toEqual({ in: 60, out: 58, dropped: { excluded: 2, notDrawn: 0 } })
    expect((await inProcess("benchmark", at("benchmark.json"), "--out", at("killed"))).err).toContain("unchanged, kept")
  }, 180_000)

  test("killed in a long training, it goes on from its checkpoint and ends as it would have; no checkpoint is left", async () => {
    const { k: _, ...rest } = definition
    const whole: BenchmarkInput = {
      ...rest,
      ...{ encoders: { base: at("base") }, datasets: { places: definition.datasets.places! }, whole: true, sets: 1 },
      protocol: { type: "full", epochs: 60, batchSize: 8, headHidden: 8 }
    }
    const undisturbed = resultOf(await follow(whole)).runs
    writeFileSync(at("whole.json"), JSON.stringify(whole))
    const run = ["benchmark", at("whole.json"), "--out", at("trained")]
    const [log, checkpoints] = [at("trained/runs.jsonl"), at("trained/runs.jsonl.checkpoints")]
    const child = Bun.spawn(["bun", cli, ...run], { stdout: "ignore", stderr: "ignore" })
    const kept = () => (existsSync(checkpoints) ? readdirSync(checkpoints, { recursive: true, encoding: "utf8" }) : [])
    while (!kept().some((path) => path.endsWith("/step-00000200")) && child.exitCode === null) await Bun.sleep(5)
    child.kill("SIGKILL")
    await child.exited
    const events = await leakCheck(() => follow(whole, { checkpoints, log }))
    expect(events.find((event) => event.type === "training")!.done).toBeGreaterThan(200)
    expect(resultOf(events).runs).toEqual(undisturbed)
    expect(kept()).toEqual([])
    expect(await inProcess(...run)).toMatchObject({ code: 0 })
    expect(existsSync(checkpoints)).toBe(false)
  }, 120_000)

  test("evaluate is a benchmark of one dataset", async () => {
    const args = [
      "--encoder",
      at("base"),
      "--encoder",
      `two=${at("other-0")}`,
      "--train",
      at("train.jsonl"),
      "--test",
      at("test.jsonl")
    ]
    const { code, err, out } = await inProcess(
      "probe",
      ...args,
      "--out",
      at("probes.jsonl"),
      "--k",
      "2,40",
      "--sets",
      "2",
      "--c",
      "1"
    )
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(out).toContain("| token macro F1, k = |")
    expect(out).toContain("| two − base ")
    expect(out).toContain("k = 40: mineSets: type")
    const whole = readFileSync(at("whole.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    const found = readFileSync(at("probes.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(found.map(({ encoder, size }) => [encoder, size])).toEqual([
      ["base", 2],
      ["base", 2],
      ["two", 2],
      ["two", 2]
    ])
    const same = whole.find((run) => run.fit === found[1].fit)
    expect(found[1].tokenMacroF1).toBe(same.tokenMacroF1)
  }, 30_000)

  bf16Test(
    "runs of one precision are not taken for those of another",
    async () => {
      const data = [
        "--encoder",
        at("base"),
        "--train",
        at("train.jsonl"),
        "--test",
        at("test.jsonl"),
        "--out",
        at("precise.jsonl")
      ]
      const args = ["probe", ...data, "--k", "2", "--sets", "1", "--c", "1"]
      for (const [precision, said] of [
        ["fp32", "1 runs, 0 of them stand in"],
        ["bf16", "1 runs, 0 of them stand in"],
        ["bf16", "unchanged, kept"]
      ] as const) {
        const { code, err } = await inChild(...args, "--precision", precision)
        expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining(said) })
      }
    },
    30_000
  )

  test("bad input is told in one line", async () => {
    for (const [args, message] of [
      [["benchmark", at("none.json"), "--out", at("x")], "none.json: cannot be read"],
      [["probe", "--encoder", at("base"), "--train", at("none"), "--test", at("test.jsonl"), "--out", at("y")], "none"],
      [
        [
          "probe",
          "--encoder",
          at("base"),
          "--train",
          at("train.jsonl"),
          "--test",
          at("test.jsonl"),
          "--out",
          at("y"),
          "--c",
          "-1"
        ],
        `option "c"`
      ]
    ] as const) {
      const { code, err } = await inProcess(...args)
      expect(code).toBe(1)
      expect(err.trim().split("\n").at(-1)).toContain(message)
    }
  }, 30_000)
})
