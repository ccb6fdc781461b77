/**
 * From how many examples on fine-tuning `mini` is worth its time: entity micro F1 of `fewShot` in modes `probe` and `full` on the first training sentences
 * of a shuffled order, scored on 300 dev sentences (MIT Movie has none: the last of its training sentences); what was fine-tuned is decoded with learned transitions
 * and without. Runs are lines of `results/fullFrom.jsonl`, and what stands there is not made again. Seconds are the processor's, of one thread.
 *
 *     NUNER_THREADS=1 NUNER_PRECISION=bf16 NUNER_DATA=<data> bun benchmarks/mini/fullFrom.ts [<part of a name, such as "WNUT17, 200, full">]
 */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { fewShot, fitTransitions, type TokenClassifier, tokenClassifier } from "@nuner/classifier"
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
const sizes = [100, 200, 450, 1000] as const
const settings = [
  { mode: "probe" },
  { mode: "full", epochs: 10, learningRate: 2e-4 },
  { mode: "full", epochs: 20, learningRate: 2e-4 },
  { mode: "full", epochs: 10, learningRate: 5e-4 }
] as const
const DEV_SENTENCES = 300

const Run = Schema.Struct({
  name: Schema.String,
  entityF1: Schema.Finite,
  /** Of what was fine-tuned, with nothing but what the scheme forbids. */
  entityF1WithoutTransitions: Schema.optionalKey(Schema.Finite),
  secondsToFit: Schema.Finite
})

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
  const f1 = async (model: TokenClassifier) => {
    const found = (await model.predictWords(held)).map((entities) => ({ entities }))
    return 100 * entityMicro(held, found).f1
  }
  const examples = rng("full from").shuffle(pool).slice(0, size)
  const began = process.cpuUsage()
  const model = await fewShot({ examples, ...how })
  const { system, user } = process.cpuUsage(began)
  const { classes } = model.head
  const plain = () =>
    tokenClassifier({ ...model, transitions: fitTransitions(examples, classes, model.setting.scheme, { weight: 0 }) })
  const run = {
    ...{ name, entityF1: await f1(model), secondsToFit: (system + user) / 1e6 },
    ...(how.mode === "full" && { entityF1WithoutTransitions: await f1(plain()) })
  }
  model.dispose()
  appendFileSync(log, `${JSON.stringify(run)}\n`)
}
const rows = stand().map(({ entityF1, entityF1WithoutTransitions: plain, name, secondsToFit }) => [
  name,
  entityF1.toFixed(1),
  plain?.toFixed(1) ?? "–",
  secondsToFit.toFixed(0)
])
console.log(markdownTable(["dataset, examples, mode", "entity micro F1", "without transitions", "s to fit"], rows))
