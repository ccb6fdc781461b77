/**
 * Zero-shot NER by models trained here, all of a dataset's types asked for at once: entity and word F1 with intervals by sentence, with and
 * without "misc", by type, and beside each type how often training saw it as a concept.
 *
 *     NUNER_DATA=<data> NUNER_MODELS=<folder of minilm> bun benchmarks/zeroshot/run.ts <folder> [--dev] [--model <row>] [--dataset <name>]
 *
 * `<folder>` holds annotated sentences as `benchmarks/transfer/run.ts` leaves them in `data/` and the trained models in `zero/`, each made where it
 * is absent; results are kept: a call that was cut short goes on, in the middle of training too. `--model`, `--dataset`: these only. `--dev`: dev
 * sentences at several thresholds, by which those of `models.ts` were chosen. Training takes NUNER_PRECISION; everything is measured in fp32.
 */
import { existsSync } from "node:fs"
import { appendFile, mkdir } from "node:fs/promises"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { useEngine } from "@nuner/engine"
import { readDataset } from "@nuner/pipelines"
import { experiment, type Step } from "../transfer/Experiment.ts"
import { data } from "../transfer/parts/data.ts"
import { datasets, MISC } from "./datasets.ts"
import { models } from "./models.ts"
import { type Scored, score } from "./score.ts"
import { tables } from "./tables.ts"

const { positionals, values } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: { dev: { type: "boolean", default: false }, model: { type: "string" }, dataset: { type: "string" } }
})
const root = join(import.meta.dir, "../..")
const results = join(import.meta.dir, "results")
const work = experiment(resolve(positionals[0] ?? join(root, ".nuner/zeroshot")))
for (const folder of [work.at(), results]) await mkdir(folder, { recursive: true })
const make = async ({ name, run, what }: Step): Promise<void> => {
  if (existsSync(work.at(name)) || existsSync(work.at(`${name}.jsonl`))) return
  console.log(what)
  await run()
}
for (const step of data(work)) await make(step)

const file = join(results, values.dev ? "dev.jsonl" : "test.jsonl")
const scored: Array<Scored> = existsSync(file) ? (Bun.JSONL.parse(await Bun.file(file).text()) as Array<Scored>) : []
const present = datasets.filter(
  ({ dev, name, test }) =>
    name === (values.dataset ?? name) && existsSync(work.data(`few-shot/${test}`)) && (!values.dev || dev !== undefined)
)
for (const { load, name, threshold, training, tried } of models(work)) {
  if (name !== (values.model ?? name)) continue
  const thresholds = values.dev ? tried : [threshold]
  const missing = present.flatMap((dataset) =>
    [false, true].flatMap((misc) =>
      (misc && (values.dev || !(MISC in dataset.names))) ||
      scored.some((one) => one.model === name && one.dataset === dataset.name && one.misc === misc)
        ? []
        : [{ dataset, misc }]
    )
  )
  if (missing.length === 0) continue
  for (const step of training) await make(step)
  await useEngine({ precision: "fp32" })
  const model = await load()
  for (const { dataset, misc } of missing) {
    const sentences = await readDataset(values.dev ? dataset.dev!(work) : work.data(`few-shot/${dataset.test}`))
    for (const threshold of thresholds) {
      const asked = values.dev ? sentences.slice(0, 150) : sentences
      const result = await score(name, model, { dataset, misc }, asked, threshold)
      scored.push(result)
      await appendFile(file, `${JSON.stringify(result)}\n`)
      console.log(JSON.stringify({ ...result, types: undefined }))
    }
  }
  model.dispose()
}
if (!values.dev) await Bun.write(join(results, "tables.md"), await tables(work, scored))
