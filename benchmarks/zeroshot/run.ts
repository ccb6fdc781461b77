/**
 * Zero-shot NER on four datasets, all of a dataset's types asked for at once: entity and word F1 with intervals by sentence, with and without
 * "misc", by type, and beside each type how often training saw it as a concept.
 *
 *     NUNER_DATA=<data> NUNER_MODELS=<folder of minilm> bun benchmarks/zeroshot/run.ts <folder> [--dev] [--model <row>] [--dataset <name>]
 *
 * `<folder>` holds annotated sentences as `benchmarks/transfer/run.ts` leaves them in `data/` (made where they are absent) and the results, which
 * are kept: a call that was cut short goes on. `--model`, `--dataset`: these only; several calls may share the results. `--dev`: dev sentences at several thresholds, by which `mini`'s was chosen.
 */
import { existsSync } from "node:fs"
import { appendFile, mkdir } from "node:fs/promises"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import type { LabelledSentence } from "@nuner/core"
import { encode, fromPretrained, loadEncoder } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { bootstrap, countEntities, countWords, scores } from "@nuner/metrics"
import { markdownTable, readAligned, readDataset } from "@nuner/pipelines"
import { biEncoder, calibrate, ZeroShot, type ZeroShotModel } from "@nuner/zeroshot"
import { aligned, allAligned, annotatedHumanText } from "../transfer/datasets.ts"
import { experiment } from "../transfer/Experiment.ts"
import { data } from "../transfer/parts/data.ts"
import { type Dataset, datasets, MISC } from "./datasets.ts"

const { positionals, values } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: { dev: { type: "boolean", default: false }, model: { type: "string" }, dataset: { type: "string" } }
})
const root = join(import.meta.dir, "../..")
const work = experiment(resolve(positionals[0] ?? join(root, ".nuner/zeroshot")))
for (const folder of [work.at(), join(import.meta.dir, "results")]) await mkdir(folder, { recursive: true })
await useEngine()
for (const step of data(work)) if (!existsSync(work.at(`${step.name}.jsonl`))) await step.run()

/** Two untrained encoders: each word is of the type whose name is nearest, where it is near enough. */
const nearestName = async (): Promise<ZeroShotModel> => {
  const [text, concept] = await Promise.all([loadEncoder(work.model("minilm")), loadEncoder(work.model("minilm"))])
  const scorer = { similarity: "cosine", temperature: 0.1, bias: 0, conceptPooling: "mean" } as const
  const sentences = await Array.fromAsync(readAligned([aligned(work, annotatedHumanText)]))
  const settings = await calibrate({ text, concept, scorer }, sentences, { sentences: 1000 })
  // Words of one type are one entity: no joint was learned.
  return biEncoder({ text, concept, scorer, settings: { ...settings, joint: { weights: [], bias: -1 } } })
}

const models: Readonly<Record<string, () => Promise<ZeroShotModel>>> = {
  "nearest name, untrained": nearestName,
  mini: () => ZeroShot.fromPretrained("mini")
}

interface Scored {
  readonly model: string
  readonly dataset: string
  readonly misc: boolean
  readonly threshold?: number
  readonly sentences: number
  readonly entityF1: number
  readonly interval: readonly [number, number]
  readonly precision: number
  readonly recall: number
  readonly wordF1: number
  readonly types: Readonly<Record<string, { readonly f1: number; readonly support: number }>>
}

const percent = (value: number): number => Number((100 * value).toFixed(1))

const score = async (
  name: string,
  model: ZeroShotModel,
  dataset: Dataset,
  sentences: ReadonlyArray<LabelledSentence>,
  misc: boolean,
  threshold?: number
): Promise<Scored> => {
  const types = Object.entries(dataset.names).filter(([type]) => misc || type !== MISC)
  const asked = new Set(types.map(([type]) => type))
  const gold = sentences.map((one) => ({ ...one, entities: one.entities.filter(({ type }) => asked.has(type)) }))
  const { entities } = await model.predictWords(
    gold,
    types.map(([name, read]) => ({ name, read })),
    { threshold }
  )
  const predicted = entities.map((found) => ({ entities: found }))
  const counts = countEntities(gold, predicted)
  const { micro, types: byType } = scores(counts)
  const { high, low } = bootstrap({ counts, metric: "microF1", seed: 0 })
  return {
    ...{ model: name, dataset: dataset.name, misc, sentences: gold.length },
    ...(threshold !== undefined && { threshold }),
    entityF1: percent(micro.f1),
    interval: [percent(low), percent(high)],
    precision: percent(micro.precision),
    recall: percent(micro.recall),
    wordF1: percent(scores(countWords(gold, predicted)).micro.f1),
    types: Object.fromEntries(
      Object.entries(byType).map(([type, { f1, support }]) => [type, { f1: percent(f1), support }])
    )
  }
}

const file = join(import.meta.dir, "results", values.dev ? "dev.jsonl" : "test.jsonl")
const results: Array<Scored> = existsSync(file) ? (Bun.JSONL.parse(await Bun.file(file).text()) as Array<Scored>) : []
for (const [name, load] of Object.entries(models)) {
  const settings = values.dev ? [0.05, 0.1, 0.15, 0.2, 0.25] : [undefined]
  if (values.dev ? name !== "mini" : name !== (values.model ?? name)) continue
  const missing = datasets.flatMap((dataset) =>
    [false, true].flatMap((misc) =>
      dataset.name !== (values.dataset ?? dataset.name) ||
      (misc && (values.dev || !(MISC in dataset.names))) ||
      results.some((one) => one.model === name && one.dataset === dataset.name && one.misc === misc)
        ? []
        : [{ dataset, misc }]
    )
  )
  if (missing.length === 0) continue
  const model = await load()
  for (const { dataset, misc } of missing) {
    const sentences = await readDataset(values.dev ? dataset.dev(work) : work.data(`few-shot/${dataset.test}`))
    for (const threshold of settings) {
      const asked = values.dev ? sentences.slice(0, 400) : sentences
      const result = await score(name, model, dataset, asked, misc, threshold)
      results.push(result)
      await appendFile(file, `${JSON.stringify(result)}\n`)
      console.log(JSON.stringify({ ...result, types: undefined }))
    }
  }
  model.dispose()
}
if (!values.dev) await Bun.write(join(import.meta.dir, "results", "tables.md"), await tables())

async function tables(): Promise<string> {
  const rows = results.map(({ dataset, entityF1, interval, misc, model, precision, recall, wordF1 }) => [
    dataset + (misc ? ", with misc" : ""),
    model,
    `${entityF1} [${interval.join(", ")}]`,
    `${precision} / ${recall}`,
    String(wordF1)
  ])
  return [
    "# Zero-shot NER",
    "Whole test sets, all types of a dataset asked for at once; entity micro F1 with its 95 % interval by sentence, precision / recall, micro F1 of words.",
    markdownTable(
      ["dataset", "model", "entity F1", "P / R", "word F1"],
      rows.toSorted((a, b) => (a[0]! < b[0]! ? -1 : 1))
    ),
    "## By type, and what training saw of it",
    "Mentions of a concept with exactly this name among the annotated sentences that `mini` was trained on, and the other concept whose vector is nearest (cosine).",
    markdownTable(
      ["dataset", "type", "read as", "entity F1", "gold", "mentions in training", "nearest concept"],
      await overlap()
    )
  ]
    .join("\n\n")
    .concat("\n")
}

/** Of each type: its score, how often training has it as a concept, and the concept that is nearest to it otherwise. */
async function overlap(): Promise<Array<ReadonlyArray<string>>> {
  const sentences = readAligned(allAligned(work))
  const names: Array<string> = []
  for await (const { mentions } of sentences) for (const { concept } of mentions) names.push(concept.toLowerCase())
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  const frequent = [...counts].filter(([, count]) => count >= 5).map(([name]) => name)
  const encoder = await fromPretrained("mini-concepts")
  const vectorsOf = async (texts: ReadonlyArray<string>) => {
    const vectors: Array<Float32Array> = []
    for await (const { values } of encode(encoder, texts, { pooling: "mean" })) vectors.push(values)
    return vectors
  }
  const known = await vectorsOf(frequent)
  const rows: Array<ReadonlyArray<string>> = []
  for (const dataset of datasets) {
    const own = Object.entries(dataset.names)
    const vectors = await vectorsOf(own.map(([, read]) => read))
    const best = results.find(
      (one) => one.model === "mini" && one.dataset === dataset.name && one.misc === MISC in dataset.names
    )
    for (const [i, [type, read]] of own.entries()) {
      const near = known.map((vector, k) => (frequent[k] === read ? -1 : cosine(vector, vectors[i]!)))
      const at = near.indexOf(Math.max(...near))
      const { f1 = 0, support = 0 } = best?.types[type] ?? {}
      rows.push([
        ...[dataset.name, type, read, f1.toFixed(1), String(support), String(counts.get(read) ?? 0)],
        `${frequent[at]} (${near[at]!.toFixed(2)})`
      ])
    }
  }
  encoder.dispose()
  return rows
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
