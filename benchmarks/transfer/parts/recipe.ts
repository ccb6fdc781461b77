import { benchmark, type Experiment, nuner, type Step } from "../Experiment.ts"
import { adapted, devDefinition, devScores, type Rows, resultOf, SHORT, updates } from "../encoders.ts"

/** What is tried, each on its own on top of `adapted`: name -> options of `nuner pretrain`. */
export const candidates: Readonly<Record<string, ReadonlyArray<string>>> = {
  reference: [],
  "rate 1e-4": ["--learning-rate", "1e-4"],
  "rate 1e-3": ["--learning-rate", "1e-3"],
  "embeddings frozen": ["--frozen-layers", "0"],
  "lower half frozen": ["--frozen-layers", "half"],
  "batch 48": ["--batch-size", "48"],
  "near-synonyms masked": ["--mask-near-synonyms"],
  "first token's concept vector": ["--concept-pooling", "first"],
  "one epoch of 8,440 sentences": ["--sentences", "8440"],
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

/** The sizes of the dev sets that recipes are compared by. */
const ks = [1, 8, 32]

/** Recipe search on minilm, on dev sentences only: each candidate for 475 updates, then the two best at k = 8 three times as long. */
export const recipe = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, model } = experiment
  const place = (name: string) => at("recipe", name.replaceAll(/[^\w.]+/g, "-"))
  const rows: Rows = Object.fromEntries(Object.keys(candidates).map((name) => [name, place(name)]))
  const long = ["best, long", "second, long"] as const
  const all: Rows = { base: model("minilm"), ...rows, ...Object.fromEntries(long.map((name) => [name, place(name)])) }
  const train = (out: string, options: ReadonlyArray<string>, steps: number): ReadonlyArray<string> => {
    const own = options.includes("--preset") ? [] : adapted
    const flags = combined(own, updates(steps), options, ["--seed", "0"])
    return ["pretrain", at("data/all.aligned.jsonl"), "--base", model("minilm"), "-o", out, ...flags]
  }
  const definition = () => devDefinition(experiment, "minilm", all, ks, 3)
  const dev = benchmark(experiment, "recipe/dev", 0.15, definition)
  const ranked = async () => {
    const { runs } = await resultOf(definition(), at("recipe/dev/runs.jsonl"))
    const scores = devScores(runs, 8)
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
