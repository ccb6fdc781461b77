/**
 * Fine-tuning with adapters against fine-tuning whole, in F1, time and memory: `NUNER_MODELS=FOLDER bun benchmarks/lora/run.ts LOG`.
 * Each run has a process of its own and becomes a line of LOG; those that stand there already are not made again.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type FineTuneInput, fineTune } from "@nuner/classifier"
import { loadEncoder } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { evaluate } from "@nuner/metrics"
import { mineSets } from "@nuner/miner"
import { readDataset } from "@nuner/pipelines"
import { dataDir } from "@nuner/testing"
import { inProcess } from "../support/inProcess.ts"
import { median } from "../support/median.ts"

const files = {
  WNUT17: ["wnut17/train.conll", "wnut17/test.conll"],
  "MIT Movie": ["mit-movie/train.bio", "mit-movie/test.bio"]
} as const

const methods: Readonly<Record<string, Partial<FineTuneInput>>> = {
  full: { learningRate: 2e-4 },
  "LoRA, query and value": { loraRank: 8, learningRate: 1e-3 },
  "LoRA, all linear layers": { loraRank: 8, loraTargets: ["*"], learningRate: 1e-3 }
}

/** Entities of each type, with passes over them and training sets. */
const shots = [
  { k: 8, epochs: 20, sets: 1 },
  { k: 64, epochs: 5, sets: 1 }
] as const

/** Of the test set, the first so many sentences. */
const TEST_SENTENCES = 400

interface Case {
  readonly dataset: keyof typeof files
  readonly k: number
  readonly set: number
  readonly epochs: number
  readonly method: string
}

interface Run extends Case {
  readonly entityMicroF1: number
  readonly tokenMacroF1: number
  readonly updates: number
  /** Processor time of training, by update. */
  readonly secondsPerUpdate: number
  /** Largest resident size until training has ended. */
  readonly gigabytes: number
  /** Numbers that are trained. */
  readonly trained: number
}

const measure = async ({ dataset, epochs, k, method, set }: Case): Promise<Run> => {
  await useEngine()
  const at = (file: string) => join(dataDir()!, "few-shot", file)
  const [train, test] = await Promise.all(files[dataset].map((file) => readDataset(at(file))))
  const mined = mineSets({ sentences: train!, k, sets: set + 1, seed: 0 })[set]!
  const held = test!.slice(0, TEST_SENTENCES)
  const encoder = await loadEncoder(join(process.env.NUNER_MODELS!, "minilm"))
  let updates = 0
  const started = process.cpuUsage()
  for await (const event of fineTune({ encoder, train: mined.sentences, epochs, seed: set, ...methods[method] })) {
    if (event.type === "step") updates = event.step
    if (event.type !== "done") continue
    const { system, user } = process.cpuUsage(started)
    const { classifier } = event
    const gigabytes = process.resourceUsage().maxRSS / 1e6
    const trained = Object.values(classifier.encoder.parameters).filter(({ trainable }) => trainable)
    const found = await classifier.predictWords(held)
    const { entities, words } = evaluate(
      held,
      found.map((entities) => ({ entities }))
    )
    return {
      ...{ dataset, k, set, epochs, method, updates, gigabytes },
      entityMicroF1: entities.micro.f1,
      tokenMacroF1: words.macro.f1,
      secondsPerUpdate: (system + user) / 1e6 / updates,
      trained: trained.reduce((sum, { size }) => sum + size, 0)
    }
  }
  throw new Error("fine-tuning ended without a classifier")
}

const cases: ReadonlyArray<Case> = Object.keys(methods).flatMap((method) =>
  shots.flatMap(({ k, epochs, sets }) =>
    (Object.keys(files) as Array<keyof typeof files>).flatMap((dataset) =>
      Array.from({ length: sets }, (_, set) => ({ dataset, k, set, epochs, method }))
    )
  )
)

/** A line for each dataset, k and method: means over sets. */
const table = (runs: ReadonlyArray<Run>): string => {
  const rows = Map.groupBy(
    runs.toSorted((a, b) => a.dataset.localeCompare(b.dataset) || a.k - b.k),
    ({ dataset, k, method }) => `${dataset} | ${k} | ${method}`
  )
  const mean = (of: ReadonlyArray<Run>, value: (run: Run) => number) =>
    of.reduce((sum, run) => sum + value(run) / of.length, 0)
  const lines = Array.from(rows, ([name, of]) => {
    const scores = [mean(of, (run) => 100 * run.entityMicroF1), mean(of, (run) => 100 * run.tokenMacroF1)]
    const seconds = median(of.map(({ secondsPerUpdate }) => secondsPerUpdate))
    const gigabytes = Math.max(...of.map(({ gigabytes }) => gigabytes))
    const numbers = [...scores.map((score) => score.toFixed(1)), seconds.toFixed(3), gigabytes.toFixed(2)]
    return `| ${name} | ${of.length} | ${numbers.join(" | ")} | ${(of[0]!.trained / 1e6).toFixed(2)} |`
  })
  const header = [
    "dataset",
    "k",
    "trained",
    "sets",
    "entity micro F1",
    "token macro F1",
    "s an update",
    "GB",
    "M numbers"
  ]
  return [`| ${header.join(" | ")} |`, `|${" --- |".repeat(header.length)}`, ...lines].join("\n")
}

const [argument] = process.argv.slice(2)
if (argument?.startsWith("{")) console.log(JSON.stringify(await measure(JSON.parse(argument))))
else {
  if (argument === undefined || dataDir() === undefined || process.env.NUNER_MODELS === undefined) {
    throw new Error("usage: NUNER_MODELS=FOLDER bun benchmarks/lora/run.ts LOG, with the real data in place")
  }
  const lines = existsSync(argument) ? readFileSync(argument, "utf8").split("\n").filter(Boolean) : []
  const runs = lines.map((line) => JSON.parse(line) as Run)
  for (const one of cases) {
    const isDone = ({ dataset, k, method, set }: Run) =>
      dataset === one.dataset && k === one.k && method === one.method && set === one.set
    if (runs.some(isDone)) continue
    const run = await inProcess<Run>(import.meta.filename, JSON.stringify(one))
    appendFileSync(argument, `${JSON.stringify(run)}\n`)
    runs.push(run)
  }
  console.log(table(runs))
}
