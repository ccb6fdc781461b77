import type { BenchmarkInput } from "@nuner/pipelines"
import { allAligned, annotated, humanLabelled } from "../datasets.ts"
import { benchmark, type Experiment, nuner, type Step } from "../Experiment.ts"
import { adapted, compare, FULL, type Rows, testDefinition, updates } from "../encoders.ts"

const seeds = [0, 1, 2]
const nunerOf = ({ at }: Experiment, seed: number) => at(`frozen/nuner-${seed}`)

/** The encoders of Table 3, and the tokens that the control reads: 16 rows of 64 an update. */
export const minilmRows = (experiment: Experiment): Rows => ({
  base: experiment.model("minilm"),
  "masked language": experiment.at("frozen/masked-language"),
  "NER-BERT style": experiment.at("frozen/ner-bert"),
  NuNER: nunerOf(experiment, 0)
})

/**
 * minilm, frozen (Table 3): base, masked-language control, NER-BERT style, NuNER, at equal updates; all k, 5 sets. Then how much of it is
 * NuNER's seed, at k = 8, and what the names of the types are worth, which its concept encoder reads.
 */
export const frozen = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, data, model } = experiment
  const rows = minilmRows(experiment)
  const everySeed: Rows = { base: model("minilm"), NuNER: seeds.map((seed) => nunerOf(experiment, seed)) }
  const base = ["--base", model("minilm"), ...adapted]
  return [
    ...seeds.map((seed) =>
      nuner(`frozen/nuner-${seed}`, 0.75, [
        ...["pretrain", ...allAligned(experiment), ...base, "-o", nunerOf(experiment, seed), "--seed", String(seed)]
      ])
    ),
    nuner("frozen/ner-bert", 0.6, [
      ...["pretrain", ...humanLabelled(experiment), "--objective", "types", ...base, ...updates(FULL)],
      ...["-o", at("frozen/ner-bert"), "--seed", "0"]
    ]),
    nuner("frozen/masked-language", 0.8, [
      ...[
        "base",
        ...annotated.map((name) => data(`llm-annotated/${name}.jsonl`)),
        "--from",
        model("minilm"),
        "--tokens",
        String(FULL * 16 * 64)
      ],
      ...["-o", at("frozen/masked-language"), "--seed", "0"]
    ]),
    ...compare(experiment, "frozen", "minilm", rows, { dev: 0.5, test: 2.5 }, { paper: [3] }),
    benchmark(experiment, "frozen/seeds", 0.5, () =>
      testDefinition(experiment, "frozen", "minilm", everySeed, { k: [8], paper: [] })
    ),
    benchmark(experiment, "frozen/names", 1, async () => {
      const own: Rows = { NuNER: nunerOf(experiment, 0) }
      return byName(await testDefinition(experiment, "frozen", "minilm", own, { paper: [] }))
    })
  ]
}

/** NuNER's probes, and those that begin at what the types' names say: the names that a dataset's types go by. */
const byName = ({ encoders, ...definition }: BenchmarkInput): BenchmarkInput => {
  const { NuNER, "NuNER, best layer": best } = encoders as {
    readonly NuNER: ReadonlyArray<string>
    readonly "NuNER, best layer": { readonly models: ReadonlyArray<string>; readonly layers: ReadonlyArray<number> }
  }
  return {
    ...definition,
    encoders: {
      "NuNER, best layer": best,
      "NuNER, best layer, names": { ...best, byName: true },
      NuNER,
      "NuNER, names": { models: NuNER, byName: true }
    },
    datasets: Object.fromEntries(
      Object.entries(definition.datasets).map(([name, dataset]) => [
        name,
        { ...dataset, typeNames: name.toLowerCase().replaceAll(" ", "-") }
      ])
    )
  }
}
