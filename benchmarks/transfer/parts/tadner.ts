import { availableParallelism } from "node:os"
import { writeJsonl } from "@nuner/core"
import { readDataset } from "@nuner/pipelines"
import { benchmark, type Experiment, nuner, type Step } from "../Experiment.ts"
import { frozen as protocol } from "../encoders.ts"

/** Two encoders that are compared episode by episode. */
export const encoders = ["base", "NuNER"] as const
type Encoder = (typeof encoders)[number]
const splits = ["inter", "intra"] as const
type Split = (typeof splits)[number]
const seeds = [0, 1, 2]

/** How both networks are trained, on source types and in each episode. */
interface Recipe {
  readonly rate: string
  /** On source types; absent: `rate`. */
  readonly sourceRate?: string
  /** Which layers make a word's vector; absent: the last four (the paper reads NuNER at its last one). */
  readonly phi?: "last"
  readonly frozen?: number
  /** Updates in a row with a loss above the best that an episode's first stage goes through; absent: 2. */
  readonly detectorPatience?: number
  /** The same of its second stage; absent: none. */
  readonly patience?: number
}

const sourceRateOf = ({ rate, sourceRate = rate }: Recipe): string => sourceRate

type Recipes = Readonly<Record<Encoder, Recipe>>
const both = (recipe: Recipe): Recipes => ({ base: recipe, NuNER: recipe })

/** The recipe of the first tables: of those tried by then the best for both encoders on dev episodes. */
const first = both({ rate: "3e-5", frozen: 3 })
/** The recipe of the tables now, the best for both encoders on dev episodes: little training on source types, more in the episode. */
const chosen = both({ sourceRate: "1e-5", rate: "1e-4", frozen: 3, detectorPatience: 8 })
/**
 * What might mend NuNER's losses: the rates (drift), freezing, the layers that are read, how soon an episode's training ends. Measured on
 * dev episodes of inter, corrected mode, seed 0.
 */
const variations: Readonly<Record<string, Recipes>> = {
  "rate 3e-5": both({ rate: "3e-5" }),
  "rate 1e-4": both({ rate: "1e-4" }),
  "rate 3e-4": both({ rate: "3e-4" }),
  "rate 1e-4, NuNER read at its last layer": { base: { rate: "1e-4" }, NuNER: { rate: "1e-4", phi: "last" } },
  "rate 1e-4, patience 5": both({ rate: "1e-4", patience: 5 }),
  "rate 3e-5, embeddings frozen": both({ rate: "3e-5", frozen: 0 }),
  "rate 3e-5, lower half frozen": first,
  "rate 3e-5, lower half frozen, detector patience 8": both({ ...first.base, detectorPatience: 8 }),
  "rate 1e-4, lower half frozen": both({ rate: "1e-4", frozen: 3 }),
  "source rate 3e-5, rate 1e-4, lower half frozen, detector patience 8": both({ ...chosen.base, sourceRate: "3e-5" }),
  "source rate 1e-5, rate 1e-4, lower half frozen, detector patience 8": chosen
}

/** A comparison: the same episodes, the runs of one encoder and of the other. */
export interface Comparison {
  readonly name: string
  /** Where each encoder's runs lie, one a seed. */
  readonly runs: Readonly<Record<Encoder, string>>
}

const plan = (experiment: Experiment) => {
  const { at, data, model } = experiment
  const now = (runs: ReadonlyArray<number>) => runs.filter((seed) => experiment.seeds?.includes(seed) ?? true)
  const steps: Array<Step> = []
  const comparisons: Array<Comparison> = []
  /** Where an encoder's runs over the same episodes in the same way lie: a variation that is its usual way is run once. */
  const episodes = new Map<string, string>()
  const place = (...names: ReadonlyArray<string>) => at("tadner", ...names.map((name) => name.replaceAll(/\W+/g, "-")))
  const flags = ({ frozen }: Recipe, rate: string) => [
    ...["--learning-rate", rate, "--type-names", "few-tk"],
    ...(frozen === undefined ? [] : ["--frozen-layers", String(frozen)])
  ]
  const trained = (encoder: Encoder, split: Split, mode: string, recipe: Recipe, seed: number): string => {
    const rate = sourceRateOf(recipe)
    const name = `${encoder} ${split} ${mode} ${rate} ${recipe.frozen ?? "all"} ${seed}`
    const out = place("models", name)
    const directory = encoder === "base" ? model("minilm") : at(`frozen/nuner-${seed}`)
    const args = ["tadner", "train", data(`few-nerd-format/${split}/train.txt`), "--encoder", directory, "-o", out]
    const step = nuner(`tadner/train ${name}`, 0.05, [
      ...args,
      "--mode",
      mode,
      ...flags(recipe, rate),
      "--seed",
      String(seed)
    ])
    if (steps.every((other) => other.name !== step.name)) steps.push(step)
    return out
  }
  const compare = (
    name: string,
    hours: number,
    input: string,
    options: ReadonlyArray<string>,
    {
      mode,
      recipes = chosen,
      runs,
      split
    }: { mode: string; recipes?: Recipes; runs: ReadonlyArray<number>; split: Split }
  ) => {
    const wanted = now(runs)
    const folders = { base: "", NuNER: "" }
    for (const encoder of encoders) {
      const recipe = recipes[encoder]
      const how = [
        ...["--mode", mode, ...flags(recipe, recipe.rate), "--phi", recipe.phi ?? "last4"],
        ...["--processes", String(availableParallelism())],
        ...(recipe.detectorPatience === undefined ? [] : ["--detector-patience", String(recipe.detectorPatience)]),
        ...(recipe.patience === undefined ? [] : ["--classifier-patience", String(recipe.patience)]),
        ...options
      ]
      const key = [encoder, split, input, sourceRateOf(recipe), ...how].join(" ")
      const known = episodes.get(key)
      folders[encoder] = known ?? place(name, encoder)
      episodes.set(key, folders[encoder])
      if (known !== undefined || wanted.length === 0) continue
      const models = wanted.flatMap((seed) => ["--model", trained(encoder, split, mode, recipe, seed)])
      const args = ["tadner", "episodes", input, ...models, "--seeds", wanted.join(","), "-o", folders[encoder]]
      steps.push(nuner(`tadner/${name}, ${encoder}`, hours, [...args, ...how]))
    }
    comparisons.push({ name, runs: folders })
  }

  const published = (split: Split, part: string, n: number) =>
    data(`few-nerd-format/episodes_${split}/${part}_${n}_1.jsonl`)
  for (const [name, recipes] of Object.entries(variations)) {
    const how = { mode: "corrected", recipes, runs: [0], split: "inter" } as const
    compare(`dev, ${name}`, 0.15, published("inter", "dev", 3), ["--limit", "60"], how)
  }
  for (const split of splits) {
    for (const n of [3, 5]) {
      const input = published(split, "test", n)
      compare(`${split} ${n}-way 1~2, corrected`, 1, input, [], { mode: "corrected", runs: seeds, split })
      const before = { mode: "corrected", recipes: first, runs: [0], split }
      compare(`${split} ${n}-way 1~2, corrected, first recipe`, 0.4, input, [], before)
      compare(`${split} ${n}-way 1~2, published`, 0.4, input, [], { mode: "published", runs: [0], split })
    }
    // The test types alone are too few for ten ways.
    const pool = at(`tadner/${split}.jsonl`)
    steps.push({
      ...{ name: `tadner/${split}.jsonl`, hours: 0.01, what: "sentences of dev and test types" },
      run: async () => {
        const parts = ["dev", "test"].map((part) => readDataset(data(`few-nerd-format/${split}/${part}.txt`)))
        await writeJsonl(pool, (await Promise.all(parts)).flat())
      }
    })
    for (const k of [1, 5]) {
      for (const n of [5, 10]) {
        const mined = ["--n", String(n), "--k", String(k), "--count", "50", "--mine-seed", "0"]
        const how = { mode: "corrected", runs: k === 1 ? seeds : [0], split }
        compare(`${split} ${n}-way ${k}~${2 * k}, mined`, (k * n) / 10, pool, mined, how)
      }
    }
  }
  return { steps, comparisons }
}

/** What is compared, whether it was run or not. */
export const comparisons = (experiment: Experiment): ReadonlyArray<Comparison> => plan(experiment).comparisons

/**
 * TadNER on Few_TK (Table 1), which is not Few-NERD: minilm against NuNER from it on the same episodes. What is tried on dev episodes
 * comes first; last, what both know of its types when nothing of them is trained.
 */
export const tadner = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, data, model } = experiment
  const [base, adapted] = [model("minilm"), at("frozen/nuner-0")]
  const part = (name: string) => data(`few-nerd-format/supervised/${name}.txt`)
  return [
    ...plan(experiment).steps,
    benchmark(experiment, "tadner/probe", 0.1, () => ({
      encoders: {
        base,
        NuNER: adapted,
        "base, [-1,3]": { models: base, layers: [-1, 3] },
        "NuNER, [-1,3]": { models: adapted, layers: [-1, 3] }
      },
      datasets: { Few_TK: { train: part("train"), test: part("test") } },
      ...{ k: [1, 2, 4], sets: 5, protocol, paper: [] }
    }))
  ]
}
