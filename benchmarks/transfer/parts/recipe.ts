import { markdownTable } from "@nuner/pipelines"
import { allAligned } from "../datasets.ts"
import { benchmark, type Experiment, nuner, type Step } from "../Experiment.ts"
import { adapted, devDefinition, devScores, type Rows, resultOf, SHORT, standingResult, updates } from "../encoders.ts"

/** Small batches and nothing frozen: what most candidates are tried on top of. */
const plain = ["--batch-size", "16", "--frozen-layers", "0"]

/** What is tried: name -> options of `nuner pretrain` on top of `adapted`. */
export const candidates: Readonly<Record<string, ReadonlyArray<string>>> = {
  "batch 16, nothing frozen": plain,
  "rate 1e-3": [...plain, "--learning-rate", "1e-3"],
  "rate 1e-4": [...plain, "--learning-rate", "1e-4"],
  "cosine, temperature learned": [...plain, "--similarity", "cosine", "--temperature", "0.1", "--learn-temperature"],
  "unlabelled tokens weigh 0.3": [...plain, "--unlabelled-weight", "0.3"],
  "64 extra concepts a batch": [...plain, "--extra-concepts", "64"],
  "batch 16, lower half frozen": ["--batch-size", "16"],
  "batch 48, nothing frozen": ["--frozen-layers", "0"],
  "batch 48, lower half frozen": [],
  "embeddings frozen": ["--frozen-layers", "embeddings"],
  "near-synonyms masked": ["--mask-near-synonyms"],
  "positives weigh 3": ["--positive-weight", "3"],
  "a projection of 384": ["--projection", "384"],
  "first token's concept vector": ["--concept-pooling", "first"],
  "2,800 sentences, many times": ["--sentences", "2800"],
  "the paper's logits": ["--temperature", "5", "--bias", "none"],
  paper: ["--preset", "paper"]
}

/** Later options win: a candidate's own stand last. */
const combined = (...groups: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const options = new Map<string, ReadonlyArray<string>>()
  for (const group of groups) {
    for (const [i, flag] of group.entries()) {
      if (!flag.startsWith("--")) continue
      const value = group[i + 1]
      options.set(flag, value === undefined || value.startsWith("--") ? [] : [value])
    }
  }
  return [...options].flatMap(([flag, value]) => [flag, ...value])
}

/** The size of the training sets that recipes are compared by. */
const k = 8

/** Recipe search on minilm, on dev sentences only: each candidate for 475 updates, then the two best at k = 8 three times as long. */
export const recipe = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, model } = experiment
  const place = (name: string) => at("recipe", name.replaceAll(/[^\w.]+/g, "-"))
  const rows: Rows = Object.fromEntries(Object.keys(candidates).map((name) => [name, place(name)]))
  const long = ["best, long", "second, long"] as const
  const all: Rows = { base: model("minilm"), ...rows, ...Object.fromEntries(long.map((name) => [name, place(name)])) }
  const train = (out: string, options: ReadonlyArray<string>, steps: number): ReadonlyArray<string> => {
    const flags = combined(adapted, updates(steps), options, ["--seed", "0"])
    return ["pretrain", ...allAligned(experiment), "--base", model("minilm"), "-o", out, ...flags]
  }
  const definition = () => devDefinition(experiment, "minilm", all, [k], 3)
  const dev = benchmark(experiment, "recipe/dev", 0.06, definition)
  const ranked = async () => {
    const { runs } = await resultOf(definition(), at("recipe/dev/runs.jsonl"))
    const scores = devScores(runs, k)
    const at8 = (name: string) => scores.get(`${name} [-1]`) ?? Number.NEGATIVE_INFINITY
    return Object.keys(candidates).toSorted((a, b) => at8(b) - at8(a))
  }
  return [
    { ...dev, what: `${dev.what} (the base)` },
    ...Object.entries(candidates).flatMap(([name, options]) => [
      nuner(`recipe/${name}`, 0.25, train(place(name), options, SHORT)),
      dev
    ]),
    ...long.flatMap((name, rank) => [
      {
        ...{ name: `recipe/${name}`, hours: 0.75, what: `the candidate at place ${rank + 1}, 3 x ${SHORT} updates` },
        run: async () => {
          const options = candidates[(await ranked())[rank]!]!
          await nuner(name, 0, train(place(name), options, 3 * SHORT)).run()
        }
      },
      dev
    ])
  ]
}

/** What each candidate is worth: token macro F1 on dev sentences at k = 8, at the last layer and at the best of the other choices. */
export const recipeTable = async (experiment: Experiment): Promise<string | undefined> => {
  const result = await standingResult(experiment, "recipe/dev")
  if (result === undefined) return undefined
  const { definition, runs } = result
  const scores = devScores(runs, k)
  const measured = Object.keys(definition.encoders).map((row) => row.replace(/ \[[^[]*\]$/, ""))
  const names = [...new Set([...measured, ...Object.keys(candidates)])]
  const show = (value: number | undefined) => value?.toFixed(1) ?? "not run"
  return markdownTable(
    [`dev sentences, k = ${k}`, "options", "last layer", "best layers", "which"],
    names.map((name) => {
      const others = [...scores].filter(([row]) => row.startsWith(`${name} [`) && row !== `${name} [-1]`)
      const best = others.toSorted(([, a], [, b]) => b - a)[0]
      return [
        ...[name, candidates[name]?.join(" ") ?? "", show(scores.get(`${name} [-1]`))],
        ...(best === undefined ? ["not run", ""] : [show(best[1]), best[0].slice(name.length + 1)])
      ]
    })
  )
}
