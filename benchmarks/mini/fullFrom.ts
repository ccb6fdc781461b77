/**
 * From how many examples on fine-tuning `mini` is worth its time: entity micro F1 of `fewShot` in modes `probe` and `full` on the first training sentences
 * of a shuffled order, scored on 300 dev sentences (MIT Movie has none: the last of its training sentences). Runs are lines of `results/fullFrom.jsonl`, and what
 * stands there is not made again.
 *
 *     NUNER_DATA=<data> bun benchmarks/mini/fullFrom.ts [<part of a name, such as "WNUT17, 200">]
 */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { fewShot } from "@nuner/classifier"
import { rng } from "@nuner/core"
import { entityMicro } from "@nuner/metrics"
import { markdownTable, readDataset } from "@nuner/pipelines"
import { dataDir } from "@nuner/testing"
import { Schema } from "effect"
import { standing } from "../support/standing.ts"

const datasets = {
  "MIT Movie": { train: "mit-movie/train.bio", dev: undefined },
  WNUT17: { train: "wnut17/train.conll", dev: "wnut17/dev.conll" },
  JNLPBA: { train: "jnlpba/train.reconstructed.tsv", dev: "jnlpba/devel.tsv" }
} as const
const sizes = [50, 100, 200, 400, 800] as const
const settings = [
  { mode: "probe" },
  { mode: "full", epochs: 10, learningRate: 2e-4 },
  { mode: "full", epochs: 10, learningRate: 5e-4 }
] as const
const DEV_SENTENCES = 300

const Run = Schema.Struct({ name: Schema.String, entityF1: Schema.Finite, secondsToFit: Schema.Finite })

const data = dataDir()
if (data === undefined) throw new Error("the real data is not here: set NUNER_DATA to its folder")
const log = join(import.meta.dir, "results/fullFrom.jsonl")
const stand = () => standing(log, Run)

const [part = ""] = process.argv.slice(2)
const cases = Object.entries(datasets).flatMap(([dataset, files]) =>
  sizes.flatMap((size) =>
    settings.map((how) => ({
      ...{ files, how, size },
      name: [dataset, size, how.mode, ...("epochs" in how ? [`${how.epochs} passes`, how.learningRate] : [])].join(", ")
    }))
  )
)
for (const { files, how, name, size } of cases) {
  if (!name.includes(part) || stand().some((run) => run.name === name)) continue
  const pool = await readDataset(join(data, "few-shot", files.train))
  const dev = files.dev === undefined ? pool.splice(-1000) : await readDataset(join(data, "few-shot", files.dev))
  const held = dev.slice(0, DEV_SENTENCES)
  const examples = rng("full from").shuffle(pool).slice(0, size)
  const began = process.cpuUsage().user
  const model = await fewShot({ examples, ...how })
  const secondsToFit = (process.cpuUsage().user - began) / 1e6
  const found = (await model.predictWords(held)).map((entities) => ({ entities }))
  model.dispose()
  const run = { name, entityF1: 100 * entityMicro(held, found).f1, secondsToFit }
  appendFileSync(log, `${JSON.stringify(run)}\n`)
}
const rows = stand().map(({ entityF1, name, secondsToFit }) => [name, entityF1.toFixed(1), secondsToFit.toFixed(0)])
console.log(markdownTable(["dataset, examples, mode", "entity micro F1", "s to fit"], rows))
