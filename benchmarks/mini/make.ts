/**
 * Makes `@nuner/mini` and `@nuner/mini-concepts`: trains the encoder with our own `nuner pretrain`, writes both packages' `model/`, measures what their
 * 8 bits cost, and writes the model cards. What stands is kept, so a call that was cut short goes on when it is made again.
 *
 *     NUNER_DATA=<data> NUNER_MODELS=<folder of minilm> bun benchmarks/mini/make.ts [<folder>] [--encoder <directory>]
 *
 * `<folder>` holds the training run, default `.nuner/mini`. `--encoder`: one that `nuner pretrain` wrote, with its `concepts/`, in place of training.
 */
import { existsSync } from "node:fs"
import { copyFile, mkdir, rm } from "node:fs/promises"
import { basename, join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { readManifest } from "@nuner/core"
import { loadEncoder, modelCard, saveEncoder } from "@nuner/encoder"
import { type BenchmarkRun, markdownTable, readAligned } from "@nuner/pipelines"
import { calibrate, loadPair, saveCalibration } from "@nuner/zeroshot"
import { $ } from "bun"
import { aligned, allAligned, annotated, annotatedHumanText, devs, only } from "../transfer/datasets.ts"
import { benchmark, experiment, nuner } from "../transfer/Experiment.ts"
import { adapted, frozen, resultOf } from "../transfer/encoders.ts"
import { data } from "../transfer/parts/data.ts"

/** Of `nuner pretrain`, beside the three aligned files and the base: the best recipe of benchmarks/transfer, chosen on dev sentences. */
const recipe = [...adapted, "--seed", "0"]

const { positionals, values } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: { encoder: { type: "string" } }
})
const root = join(import.meta.dir, "../..")
const work = experiment(resolve(positionals[0] ?? join(root, ".nuner/mini")))
const base = work.model("minilm")
await mkdir(work.at(), { recursive: true })

const needed = ["mit-movie", annotatedHumanText, ...(values.encoder === undefined ? annotated : [])]
for (const step of data(work)) {
  const name = basename(step.name).replace(/\..*/, "")
  if (needed.includes(name)) await say(step.what, step.run)
}
const trained = values.encoder === undefined ? work.at("encoder") : resolve(values.encoder)
if (values.encoder === undefined) {
  const train = nuner("train", 0.75, ["pretrain", ...allAligned(work), "--base", base, "-o", trained, ...recipe])
  await say(train.what, train.run)
}

const concepts = join(trained, "concepts")
if (!existsSync(concepts))
  throw new Error(`${concepts}: no concept encoder beside the encoder; nuner pretrain leaves one`)
const packages = { mini: trained, "mini-concepts": concepts }
for (const [name, from] of Object.entries(packages)) await pack(name, from)
await copyFile(join(concepts, "scorer.json"), join(modelOf("mini-concepts"), "scorer.json"))

const scores = await measure()
const record = ["examples/quickstart/fewShotF1.ts", base, "--record"]
await say(`bun ${record.join(" ")}`, () => $`bun ${record}`.cwd(root))
for (const [name, from] of Object.entries(packages)) await pack(name, from, await cardOf(name))
await say("calibrate", calibrateMini)
await Bun.write(join(import.meta.dir, "results.md"), await resultsOf())
console.log(`${modelOf("mini")}\n${modelOf("mini-concepts")}`)

function modelOf(name: string): string {
  return join(root, "packages", name, "model")
}

async function say(what: string, run: () => Promise<unknown>): Promise<void> {
  console.log(`${new Date().toISOString().slice(11, 19)} ${what}`)
  await run()
}

/** Weights in 8 bits, whole or not at all. */
async function pack(name: string, from: string, card?: string): Promise<void> {
  const encoder = await loadEncoder(from)
  try {
    await saveEncoder(modelOf(name), encoder, { dtype: "I8", ...(card !== undefined && { card }) })
  } finally {
    encoder.dispose()
  }
}

/**
 * What makes the two a zero-shot model, from annotated sentences that neither was trained on. The threshold is the one with the best mean
 * F1 over the dev sentences of four datasets (benchmarks/zeroshot).
 */
async function calibrateMini(): Promise<void> {
  const pair = await loadPair(modelOf("mini"), modelOf("mini-concepts"))
  try {
    const sentences = await Array.fromAsync(readAligned([aligned(work, annotatedHumanText)]))
    await saveCalibration(modelOf("mini"), await calibrate(pair, sentences, { threshold: 0.1 }), "mini-concepts")
  } finally {
    for (const encoder of [pair.text, pair.concept]) encoder.dispose()
  }
}

/** Frozen probes at k = 8 on dev sentences: the base, the encoder as it was trained, and as it is packed. */
async function measure(): Promise<ReadonlyArray<BenchmarkRun>> {
  const encoders = { base, "as trained": trained, "in 8 bits": modelOf("mini") }
  const datasets = only(devs(work), ["MIT Movie", "JNLPBA", "WNUT17"])
  const definition = { encoders, datasets, k: [8], sets: 5, testSize: 1000, protocol: frozen, paper: [] }
  const step = benchmark(work, "packed", 0.1, () => definition)
  await say(step.what, step.run)
  return (await resultOf(definition, work.at("packed/runs.jsonl"))).runs
}

function mean(encoder: string, metric: "tokenMacroF1" | "entityMicroF1", dataset?: string): number {
  const own = scores.filter((run) => run.encoder === encoder && (dataset === undefined || run.dataset === dataset))
  return own.reduce((sum, run) => sum + run[metric], 0) / own.length
}

async function cardOf(name: string): Promise<string> {
  // An encoder that was made of several runs has no manifest of its own: its README says how.
  const manifest = `${trained}.manifest.json`
  const { base: _, ...choices } = existsSync(manifest) ? (await readManifest(manifest)).settings : { base }
  const isText = name === "mini"
  return modelCard({
    name: `@nuner/${name}`,
    description: [
      isText
        ? "The NuNER encoder in the box: put a token classifier on it (`fewShot` of @nuner/classifier does)."
        : "The concept encoder that was trained together with `@nuner/mini`: names of concepts to vectors that its tokens' are compared with (`scorer.json`).",
      "Made from sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0) by contrastive learning (Bogdanov et al. 2024) on sentences that a large language model annotated with concepts of its own. No text of a benchmark took part; settings were chosen on dev sentences.",
      "Weights are stored in 8 bits with a scale a row; `nuner export` writes them as float32.",
      "Limits: English, uncased; tested on text of films, biology, social media and news; 512 tokens at a time; what the annotating model missed, it learned as nothing. The sentences of C4 are web text, and carry what such text carries.",
      ...(isText
        ? [
            "Beside its base on whole test sets, by number of examples: the README of the package, and `benchmarks/RESULTS.md` of its repository."
          ]
        : [])
    ].join("\n\n"),
    license: "apache-2.0",
    base: "sentence-transformers/all-MiniLM-L6-v2",
    datasets: [
      "C4 (18,609 sentences) and MASC (10,000 sentences), annotated by a large language model with the paper's prompt"
    ],
    ...(isText && {
      metrics: [...new Set(scores.map(({ dataset }) => dataset))].map((dataset) => ({
        dataset: `${dataset}, 1,000 dev sentences at most, mean of 5 sets`,
        metric: "token macro F1 of a frozen probe on the last layer, k = 8",
        value: Number((mean("in 8 bits", "tokenMacroF1", dataset) / 100).toFixed(4))
      }))
    }),
    settings: Object.fromEntries(
      Object.entries(choices).flatMap(([key, value]) =>
        value !== null && ["string", "number", "boolean"].includes(typeof value) ? [[key, value as string]] : []
      )
    )
  })
}

/** What the 8 bits cost, and what an npm tarball takes. */
async function resultsOf(): Promise<string> {
  const rows = ["base", "as trained", "in 8 bits"].map((encoder) => [
    encoder,
    mean(encoder, "tokenMacroF1").toFixed(2),
    mean(encoder, "entityMicroF1").toFixed(2)
  ])
  const sizes: Array<ReadonlyArray<string>> = []
  for (const name of Object.keys(packages)) {
    const folder = work.at("tarballs", name)
    await rm(folder, { recursive: true, force: true })
    await $`bun pm pack --destination ${folder} --quiet`.cwd(join(root, "packages", name)).quiet()
    const [file] = [...new Bun.Glob("*.tgz").scanSync(folder)]
    sizes.push([`@nuner/${name}`, (Bun.file(join(folder, file!)).size / 1e6).toFixed(1)])
  }
  return [
    "# What was packed",
    "Frozen probes on the last layer at k = 8, 5 sets each, dev sentences of MIT Movie, JNLPBA and WNUT17 (at most 1,000); `bun benchmarks/mini/make.ts`.",
    markdownTable(["encoder", "token macro F1", "entity micro F1"], rows),
    markdownTable(["tarball", "MB"], sizes)
  ]
    .join("\n\n")
    .concat("\n")
}
