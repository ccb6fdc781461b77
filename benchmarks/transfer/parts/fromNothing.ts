import { allAligned, five, humanLabelled, only, pretrainingText, tests } from "../datasets.ts"
import { benchmark, type Experiment, nuner, type Step } from "../Experiment.ts"
import { frozen as protocol, type Rows, standing } from "../encoders.ts"
import { writeText } from "../text.ts"

const seeds = [0, 1, 2]

/** A small RoBERTa from nothing but text, and what pre-training makes of it, as the first evidence of this project had it. */
export const fromNothing = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at } = experiment
  const place = (name: string) => at("from-nothing", name)
  const each = (name: string) => seeds.map((seed) => place(`${name}-${seed}`))
  const rows: Rows = { base: place("base"), "NER-BERT style": each("ner-bert"), NuNER: each("nuner") }
  const text = place("text.jsonl")
  const small = ["--base", place("base"), "--preset", "small"]
  const language = ["--tokens", "8000000", "--causal", "0.25", "--lowercase", "0.15"]
  return [
    { name: "from-nothing/text", hours: 0.01, what: "text.ts", run: () => writeText(experiment, text) },
    nuner("from-nothing/base", 0.9, ["base", text, "-o", place("base"), ...language, "--seed", "0"]),
    ...seeds.flatMap((seed) => [
      nuner(`from-nothing/nuner-${seed}`, 0.15, [
        ...["pretrain", ...allAligned(experiment), ...small, "--sentences", "8600"],
        ...["-o", place(`nuner-${seed}`), "--seed", String(seed)]
      ]),
      nuner(`from-nothing/ner-bert-${seed}`, 0.15, [
        ...["pretrain", ...humanLabelled(experiment), "--objective", "types", ...small],
        ...["-o", place(`ner-bert-${seed}`), "--seed", String(seed)]
      ])
    ]),
    benchmark(experiment, "from-nothing/test", 1, () => ({
      encoders: standing(rows),
      datasets: only(tests(experiment), five),
      exclude: [...pretrainingText(experiment), text],
      ...{ sets: 5, protocol, paper: [3] }
    }))
  ]
}
