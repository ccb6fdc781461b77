/**
 * Fine-tuned on 8 examples a type: ours on the base and on `mini`, beside SpanMarker on the same base, sets, passes, rate and batch size. Three sets a dataset and
 * the first 200 test sentences, each run in a process of its own on one thread; runs are lines of `results/finetuned.jsonl`, and what stands there is not made
 * again. The table has means over the sets of a row.
 *
 *     NUNER_THREADS=1 NUNER_DATA=<data> NUNER_MODELS=<folder of minilm> NUNER_PYTHON=<python with span-marker> bun benchmarks/mini/finetuned.ts [<part of a name>]
 */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { fewShot } from "@nuner/classifier"
import type { LabelledSentence } from "@nuner/core"
import { countEntities, countWords, decodeCounts, EncodedCounts, encodeCounts, scores } from "@nuner/metrics"
import { mineSets } from "@nuner/miner"
import { markdownTable, readDataset } from "@nuner/pipelines"
import { dataDir } from "@nuner/testing"
import { Schema } from "effect"
import { inProcess } from "../support/inProcess.ts"
import { runPython } from "../support/python.ts"
import { standing } from "../support/standing.ts"

const datasets = {
  "MIT Movie": ["mit-movie/train.bio", "mit-movie/test.bio"],
  JNLPBA: ["jnlpba/train.reconstructed.tsv", "jnlpba/test.tsv"],
  WNUT17: ["wnut17/train.conll", "wnut17/test.conll"]
} as const
const systems = ["SpanMarker on minilm", "full on minilm", "full on mini", "probe on minilm", "probe on mini"] as const

const K = 8
const SETS = 3
const TEST_SENTENCES = 200
const training = { epochs: 10, batchSize: 8, learningRate: 2e-4, seed: 0 } as const

const Fitted = {
  secondsToFit: Schema.Finite,
  sentencesPerSecond: Schema.Finite,
  /** Largest resident size until training has ended. */
  gigabytes: Schema.Finite
}
const Run = Schema.Struct({
  dataset: Schema.Literals(Object.keys(datasets) as Array<keyof typeof datasets>),
  system: Schema.Literals(systems),
  /** Which of the mined sets. */
  set: Schema.Natural,
  trainSentences: Schema.Natural,
  words: EncodedCounts,
  entities: EncodedCounts,
  ...Fitted,
  versions: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})
type Run = typeof Run.Type
type Case = Pick<Run, "dataset" | "system" | "set">
type Found = ReadonlyArray<Pick<LabelledSentence, "entities">>

const secondsSince = (began: NodeJS.CpuUsage): number => {
  const { system, user } = process.cpuUsage(began)
  return (system + user) / 1e6
}

const ours = async (
  system: string,
  examples: ReadonlyArray<LabelledSentence>,
  test: ReadonlyArray<LabelledSentence>
) => {
  const [mode, encoder] = system.split(" on ") as ["probe" | "full", "mini" | "minilm"]
  const { batchSize: _, ...settings } = training
  const began = process.cpuUsage()
  const model = await fewShot({
    ...{ examples, mode, ...settings },
    encoder: encoder === "mini" ? encoder : join(process.env.NUNER_MODELS!, encoder)
  })
  const secondsToFit = secondsSince(began)
  const gigabytes = process.resourceUsage().maxRSS / 1e6
  const fitted = process.cpuUsage()
  const found: Found = (await model.predictWords(test)).map((entities) => ({ entities }))
  return { found, secondsToFit, gigabytes, sentencesPerSecond: test.length / secondsSince(fitted) }
}

const spanMarker = async (train: ReadonlyArray<LabelledSentence>, test: ReadonlyArray<LabelledSentence>) => {
  const plain = (sentences: ReadonlyArray<LabelledSentence>) =>
    sentences.map(({ entities, words }) => ({
      words,
      entities: entities.map(({ end, start, type }) => [start, end, type])
    }))
  const { batchSize: batch, epochs, learningRate: rate, seed } = training
  const base = join(process.env.NUNER_MODELS!, "minilm")
  const result = await runPython<unknown>("spanMarker.py", {
    ...{ base, epochs, rate, batch, seed },
    ...{ train: plain(train), test: plain(test) }
  })
  if (result.skipped) throw new Error(result.reason)
  const Output = Schema.Struct({
    found: Schema.Array(Schema.Array(Schema.Tuple([Schema.Natural, Schema.Natural, Schema.String]))),
    ...Fitted,
    versions: Schema.Record(Schema.String, Schema.String)
  })
  const { found, ...fitted } = Schema.decodeUnknownSync(Output)(result.output)
  return {
    ...fitted,
    found: found.map((entities) => ({ entities: entities.map(([start, end, type]) => ({ start, end, type })) }))
  }
}

const measure = async ({ dataset, set, system }: Case): Promise<Run> => {
  const [sentences, test] = await Promise.all(
    datasets[dataset].map((file) => readDataset(join(dataDir()!, "few-shot", file)))
  )
  const { sentences: train } = mineSets({ sentences: sentences!, k: K, sets: SETS, seed: 0 })[set]!
  const held = test!.slice(0, TEST_SENTENCES)
  const { found, ...fitted } = await (system === "SpanMarker on minilm"
    ? spanMarker(train, held)
    : ours(system, train, held))
  const types = [...new Set(held.flatMap(({ entities }) => entities.map(({ type }) => type)))].toSorted()
  return {
    ...{ dataset, system, set, trainSentences: train.length, ...fitted },
    words: encodeCounts(countWords(held, found, { types })),
    entities: encodeCounts(countEntities(held, found))
  }
}

const log = join(import.meta.dir, "results/finetuned.jsonl")
const [argument = ""] = process.argv.slice(2)
if (argument.startsWith("{")) console.log(JSON.stringify(await measure(JSON.parse(argument) as Case)))
else {
  if (dataDir() === undefined || process.env.NUNER_MODELS === undefined)
    throw new Error("set NUNER_DATA to the folder of real data and NUNER_MODELS to that of minilm")
  const stand = () => standing(log, Run)
  const cases = Array.from({ length: SETS }, (_, set) =>
    Run.fields.dataset.literals.flatMap((dataset) => systems.map((system) => ({ dataset, system, set })))
  ).flat()
  const nameOf = ({ dataset, set, system }: Case) => `${dataset}, ${system}, set ${set}`
  for (const one of cases.filter((one) => nameOf(one).includes(argument))) {
    if (stand().some((run) => nameOf(run) === nameOf(one))) continue
    appendFileSync(log, `${JSON.stringify(await inProcess<Run>(import.meta.filename, JSON.stringify(one)))}\n`)
  }
  const rows = Run.fields.dataset.literals.flatMap((dataset) =>
    systems.flatMap((system) => {
      const runs = stand().filter((run) => run.dataset === dataset && run.system === system)
      if (runs.length === 0) return []
      const average = (value: (run: Run) => number) => runs.reduce((sum, run) => sum + value(run), 0) / runs.length
      const numbers = [
        average(({ words }) => 100 * scores(decodeCounts(words)).macro.f1),
        average(({ entities }) => 100 * scores(decodeCounts(entities)).micro.f1),
        average(({ secondsToFit }) => secondsToFit)
      ].map((value) => value.toFixed(1))
      const sentences = average(({ trainSentences }) => trainSentences).toFixed(0)
      const speed = average(({ sentencesPerSecond }) => sentencesPerSecond).toFixed(0)
      return [
        [
          dataset,
          String(runs.length),
          sentences,
          system,
          ...numbers,
          speed,
          average(({ gigabytes }) => gigabytes).toFixed(2)
        ]
      ]
    })
  )
  const header = [
    "dataset",
    "sets",
    "sentences",
    "system",
    "token macro F1",
    "entity micro F1",
    "s to fit",
    "sentences/s",
    "GB"
  ]
  console.log(markdownTable(header, rows))
}
