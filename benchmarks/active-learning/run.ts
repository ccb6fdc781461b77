/**
 * Chosen sentences against random ones, answered from gold: `bun benchmarks/active-learning/run.ts ENCODER LOG [--seeds 5]`.
 * Each run becomes a line of LOG; those that stand there already are not made again. Ends with the table.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { predictFeatures, wordFeatures } from "@nuner/classifier"
import { type LabelledSentence, rng, typesIn } from "@nuner/core"
import { loadEncoder } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { entityMicro, summarise } from "@nuner/metrics"
import { readDataset } from "@nuner/pipelines"
import { Learner } from "@nuner/review"
import { deriveName } from "@nuner/tadner"
import { dataDir } from "@nuner/testing"
import { typeScores } from "@nuner/zeroshot"

/** Files of the pool, and the one to score on. */
const datasets: Readonly<Record<string, readonly [pool: ReadonlyArray<string>, test: string]>> = {
  "MIT Movie": [["mit-movie/train.bio"], "mit-movie/test.bio"],
  WNUT17: [["wnut17/train.conll"], "wnut17/test.conll"],
  "CrossNER politics": [["crossner/politics/train.txt", "crossner/politics/dev.txt"], "crossner/politics/test.txt"]
}
/** What is asked about, and whether learning begins at what the types' names say. */
const strategies = ["useful", "random", "useful, names"] as const
type Strategy = (typeof strategies)[number]

/** Sentences that are there to be asked about, and to score on, drawn by seed 0. */
const [POOL, TEST] = [1500, 400]
/** Answers in all, answers between two looks at the score, and answers between two refits. */
const [ANSWERS, LOOK, BATCH] = [100, 10, 5]

interface Run {
  readonly dataset: string
  readonly strategy: Strategy
  readonly seed: number
  /** Entity micro F1 on the test sentences after 10, 20, ... answers. */
  readonly f1: ReadonlyArray<number>
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { seeds: { type: "string" } } })
const [encoderPath, log] = positionals
if (encoderPath === undefined || log === undefined) throw new Error("run.ts ENCODER LOG")
const seeds = Array.from({ length: Number(values.seeds ?? 5) }, (_, seed) => seed)
const runs: Array<Run> = existsSync(log)
  ? readFileSync(log, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
  : []
const done = (dataset: string, strategy: Strategy, seed: number) =>
  runs.some((run) => run.dataset === dataset && run.strategy === strategy && run.seed === seed)

const draw = (sentences: ReadonlyArray<LabelledSentence>, count: number): Array<LabelledSentence> => {
  const random = rng(0)
  return sentences
    .map((sentence) => ({ sentence, key: random.next() }))
    .toSorted((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ sentence }) => sentence)
}

await useEngine()
const read = async (files: ReadonlyArray<string>) =>
  (await Promise.all(files.map((file) => readDataset(join(dataDir()!, "few-shot", file))))).flat()

for (const [dataset, [poolFiles, testFile]] of Object.entries(datasets)) {
  const missing = seeds.flatMap((seed) =>
    strategies.filter((strategy) => !done(dataset, strategy, seed)).map((strategy) => ({ seed, strategy }))
  )
  if (missing.length === 0) continue
  const pool = draw(await read(poolFiles), POOL)
  const test = draw(await read([testFile]), TEST)
  const types = typesIn(pool)
  const encoder = await loadEncoder(encoderPath)
  const features = await wordFeatures(encoder, pool, { pooling: "mean" })
  const testFeatures = await wordFeatures(encoder, test, { pooling: "mean" })
  encoder.dispose()
  const named = types.map((name) => ({ name, read: deriveName(name) }))
  for (const { seed, strategy } of missing) {
    const learner = new Learner(pool, features, { strategy: strategy === "random" ? "random" : "useful", seed })
    if (strategy === "useful, names") learner.scores = await typeScores(encoderPath)(named)
    const f1: Array<number> = []
    for (let answers = BATCH; answers <= ANSWERS; answers += BATCH) {
      for (const i of learner.next(BATCH, () => true)) learner.answer(i, pool[i]!.entities)
      learner.refit(types)
      if (answers % LOOK !== 0) continue
      const predicted = predictFeatures({ head: learner.head! }, testFeatures).map((entities) => ({ entities }))
      f1.push(entityMicro(test, predicted).f1)
    }
    const run: Run = { dataset, strategy, seed, f1 }
    runs.push(run)
    appendFileSync(log, `${JSON.stringify(run)}\n`)
    process.stderr.write(`${dataset} ${strategy} ${seed}: ${f1.map((value) => (100 * value).toFixed(1)).join(" ")}\n`)
  }
}

const show = (values: ReadonlyArray<number>): string => {
  const { mean, standardDeviation = 0 } = summarise(values)
  return `${(100 * mean).toFixed(1)} ± ${(100 * standardDeviation).toFixed(1)}`
}
console.log(`| dataset, sentences | ${[10, 30, 50, 70, 100].join(" | ")} | random's F1 at 100 reached with |`)
console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
for (const dataset of Object.keys(datasets)) {
  const of = (strategy: Strategy) => runs.filter((run) => run.dataset === dataset && run.strategy === strategy)
  const mean = (strategy: Strategy, look: number) => summarise(of(strategy).map(({ f1 }) => f1[look]!)).mean
  const goal = mean("random", ANSWERS / LOOK - 1)
  for (const strategy of strategies) {
    const cells = [10, 30, 50, 70, 100].map((answers) => show(of(strategy).map(({ f1 }) => f1[answers / LOOK - 1]!)))
    const looks = Array.from({ length: ANSWERS / LOOK }, (_, look) => look)
    const reached = looks.find((look) => mean(strategy, look) >= goal)
    const with_ = reached === undefined ? "more than 100" : String((reached + 1) * LOOK)
    console.log(`| ${dataset}, ${strategy} | ${cells.join(" | ")} | ${with_} |`)
  }
}
