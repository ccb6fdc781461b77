/**
 * Fine-tuned on 8 examples a type: ours on the base and on `mini`, beside SpanMarker on the same base and sets. The first 200 test sentences, each run in a
 * process of its own on one thread; runs are lines of `results/finetuned.jsonl`, and what stands there is not made again. SpanMarker learns to tell spans
 * from nothing and needs more updates: it has more passes than ours, in batches of four rows, of which a sentence can be several, and its rate is chosen
 * on dev sentences of WNUT17. The table has means over the sets of a row.
 *
 *     NUNER_THREADS=1 NUNER_DATA=<data> NUNER_MODELS=<folder of minilm> NUNER_PYTHON=<python with span-marker> bun benchmarks/mini/finetuned.ts [<part of a name>]
 */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { fewShot } from "@nuner/classifier"
import { type LabelledSentence, typesIn } from "@nuner/core"
import {
  countEntities,
  countWords,
  decodeCounts,
  EncodedCounts,
  encodeCounts,
  entityMicro,
  scores
} from "@nuner/metrics"
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
/** SpanMarker's: the rate is chosen on dev sentences of one dataset, with its first set. */
const rates = [2e-4, 5e-4] as const
const RATE_FROM = "WNUT17"
const DEV = "wnut17/dev.conll"
const PEER = { epochs: 12, batch: 4 } as const
const DEV_SENTENCES = 100

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
  /** SpanMarker's. */
  rate: Schema.optionalKey(Schema.Finite),
  updates: Schema.optionalKey(Schema.Natural),
  devF1: Schema.optionalKey(Schema.Finite),
  trainSentences: Schema.Natural,
  words: EncodedCounts,
  entities: EncodedCounts,
  ...Fitted,
  versions: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})
type Run = typeof Run.Type
type Case = Pick<Run, "dataset" | "system" | "set" | "rate">
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

const spanMarker = async (
  rate: number,
  train: ReadonlyArray<LabelledSentence>,
  test: ReadonlyArray<LabelledSentence>,
  dev: ReadonlyArray<LabelledSentence>
) => {
  const plain = (sentences: ReadonlyArray<LabelledSentence>) =>
    sentences.map(({ entities, words }) => ({
      words,
      entities: entities.map(({ end, start, type }) => [start, end, type])
    }))
  const result = await runPython<unknown>("spanMarker.py", {
    ...{ ...PEER, base: join(process.env.NUNER_MODELS!, "minilm"), rate, seed: training.seed },
    ...{ train: plain(train), test: plain(test), dev: plain(dev) }
  })
  if (result.skipped) throw new Error(result.reason)
  const FoundEntities = Schema.Array(Schema.Array(Schema.Tuple([Schema.Natural, Schema.Natural, Schema.String])))
  const Output = Schema.Struct({
    found: FoundEntities,
    foundDev: FoundEntities,
    updates: Schema.Natural,
    ...Fitted,
    versions: Schema.Record(Schema.String, Schema.String)
  })
  const { found, foundDev, ...fitted } = Schema.decodeUnknownSync(Output)(result.output)
  const entitiesOf = (found: typeof FoundEntities.Type): Found =>
    found.map((entities) => ({ entities: entities.map(([start, end, type]) => ({ start, end, type })) }))
  return {
    ...fitted,
    rate,
    found: entitiesOf(found),
    ...(dev.length > 0 && { devF1: 100 * entityMicro(dev, entitiesOf(foundDev)).f1 })
  }
}

const measure = async ({ dataset, rate, set, system }: Case): Promise<Run> => {
  const [sentences, test, dev] = await Promise.all(
    [...datasets[dataset], DEV].map((file) => readDataset(join(dataDir()!, "few-shot", file)))
  )
  const { sentences: train } = mineSets({ sentences: sentences!, k: K, sets: SETS, seed: 0 })[set]!
  const held = test!.slice(0, TEST_SENTENCES)
  const { found, ...fitted } = await (rate !== undefined
    ? spanMarker(rate, train, held, dataset === RATE_FROM ? dev!.slice(-DEV_SENTENCES) : [])
    : ours(system, train, held))
  const types = typesIn(held)
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
  const ratesOf = (system: Run["system"]) => (system === "SpanMarker on minilm" ? rates : [undefined])
  const cases: Array<Case> = Array.from({ length: SETS }, (_, set) =>
    Run.fields.dataset.literals.flatMap((dataset) =>
      systems.flatMap((system) =>
        ratesOf(system).map((rate) => ({ dataset, system, set, ...(rate !== undefined && { rate }) }))
      )
    )
  ).flat()
  /** The rate with the best dev score. */
  const chosen = (): number | undefined =>
    stand()
      .filter((run) => run.dataset === RATE_FROM && run.set === 0 && run.devF1 !== undefined)
      .toSorted((a, b) => b.devF1! - a.devF1!)[0]?.rate
  const isRun = ({ dataset, rate, set }: Case) =>
    rate === undefined || (dataset === RATE_FROM && set === 0) || rate === chosen()
  const nameOf = ({ dataset, rate, set, system }: Case) =>
    [dataset, system, `set ${set}`, ...(rate === undefined ? [] : [`rate ${rate}`])].join(", ")
  for (const one of cases.filter((one) => nameOf(one).includes(argument))) {
    if (stand().some((run) => nameOf(run) === nameOf(one))) continue
    if (!isRun(one)) continue
    appendFileSync(log, `${JSON.stringify(await inProcess<Run>(import.meta.filename, JSON.stringify(one)))}\n`)
  }
  const rows = Run.fields.dataset.literals.flatMap((dataset) =>
    systems.flatMap((system) => {
      const isShown = ({ rate }: Run) => rate === undefined || rate === chosen()
      const runs = stand().filter((run) => run.dataset === dataset && run.system === system && isShown(run))
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
