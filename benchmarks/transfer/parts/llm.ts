import { five, only, tests } from "../datasets.ts"
import { benchmark, type Experiment, nuner, type Step } from "../Experiment.ts"
import { frozen as protocol, standing } from "../encoders.ts"

/** Whose answers are recorded, by dataset. */
const recorded: Readonly<Record<(typeof five)[number], string>> = {
  "MIT Movie": "mit-movie",
  JNLPBA: "jnlpba",
  WNUT17: "wnut17",
  "CrossNER politics": "crossner-politics",
  "CrossNER science": "crossner-science"
}

/**
 * A language model by in-context learning, from recorded answers to 150 test sentences of each dataset, and our encoders on the same
 * sentences with the same examples. The answers were given to sets of the sampler "rarest-first". The model may know these public datasets.
 */
export const llm = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, data, model } = experiment
  const shared = { sampler: "rarest-first", testSize: 150, sets: 1, seed: 0 } as const
  /** The prompts show sentences of the training files alone, and nothing was taken out of the test sets. */
  const datasets = Object.fromEntries(
    Object.entries(only(tests(experiment), five)).map(([name, { test, train }]) => [
      name,
      { train: [train].flat()[0]!, test }
    ])
  )
  return [
    ...Object.entries(datasets).map(([name, { test, train }]) => {
      const file = recorded[name as (typeof five)[number]]
      const answers = data(`llm-in-context/${file}.jsonl`)
      return nuner(`llm/${file}`, 0.01, [
        ...["llm-baseline", "--train", train, "--test", test, "-o", at(`llm/${file}`)],
        ...["--provider", "recorded", "--model", "llm", "--answers", answers, "--k", "0,8"],
        ...["--sampler", shared.sampler, "--test-size", String(shared.testSize)],
        ...["--sets", String(shared.sets), "--seed", String(shared.seed), "--empty-is-nothing"]
      ])
    }),
    benchmark(experiment, "llm/ours", 0.1, () => ({
      encoders: standing({ base: model("minilm"), NuNER: [0, 1, 2].map((seed) => at(`frozen/nuner-${seed}`)) }),
      datasets,
      ...{ ...shared, k: [8], protocol, paper: [] }
    }))
  ]
}
