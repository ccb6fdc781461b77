import { existsSync } from "node:fs"
import { readJsonl } from "@nuner/core"
import { markdownTable } from "@nuner/pipelines"
import { Schema } from "effect"
import { five, only, tests } from "../datasets.ts"
import { benchmark, type Experiment, nuner, type Step } from "../Experiment.ts"
import { frozen as protocol, standing, standingResult } from "../encoders.ts"

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

/** The model's scores and ours on the same 150 sentences, by dataset. */
export const llmTable = async (experiment: Experiment): Promise<string | undefined> => {
  const ours = (await standingResult(experiment, "llm/ours"))?.runs ?? []
  const rows: Array<ReadonlyArray<string>> = []
  for (const [dataset, name] of Object.entries(recorded)) {
    const file = experiment.at(`llm/${name}/runs.jsonl`)
    if (!existsSync(file)) continue
    const row = (who: string, k: string, runs: ReadonlyArray<Scored>) => {
      const mean = (metric: keyof Scored) =>
        runs.length === 0 ? "not run" : (runs.reduce((sum, run) => sum + run[metric], 0) / runs.length).toFixed(1)
      rows.push([dataset, who, k, mean("tokenMacroF1"), mean("entityMicroF1")])
    }
    const answered = await Array.fromAsync(readJsonl(file, LlmScores))
    for (const run of answered) row("language model, in context", String(run.size), [run])
    for (const encoder of ["base", "NuNER"]) {
      const own = ours.filter((run) => run.dataset === dataset && run.encoder === encoder)
      row(`minilm, ${encoder}, last layer`, "8", own)
    }
  }
  if (rows.length === 0) return undefined
  return markdownTable(["150 test sentences", "who", "k", "token macro F1", "entity micro F1"], rows)
}

const LlmScores = Schema.Struct({ size: Schema.Natural, tokenMacroF1: Schema.Finite, entityMicroF1: Schema.Finite })
type Scored = Pick<typeof LlmScores.Type, "tokenMacroF1" | "entityMicroF1">
