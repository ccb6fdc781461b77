import type { BenchmarkInput } from "@nuner/pipelines"
import type { Experiment } from "./Experiment.ts"

type Datasets = BenchmarkInput["datasets"]

/** The five datasets of all averages. */
export const five = ["MIT Movie", "JNLPBA", "WNUT17", "CrossNER politics", "CrossNER science"] as const

/** Sentences labelled by people with a closed set of types, in NER-BERT's style; none of them is an evaluation dataset of frozen probes. */
export const humanLabelled = ({ data }: Experiment): ReadonlyArray<string> => [
  `wikigold=${data("few-shot/wikigold/wikigold.conll")}`,
  ...["train", "dev", "test"].map((part) => `few_tk=${data(`few-nerd-format/supervised/${part}.txt`)}`)
]

/** The datasets that encoders are compared on, each on its whole test set less what also stands in training text. */
export const tests = (experiment: Experiment): Datasets => {
  const { data } = experiment
  const dataset = (train: ReadonlyArray<string>, test: string): Datasets[string] => {
    const pool = train.map((file) => data("few-shot", file))
    return { train: pool, test: data("few-shot", test), exclude: pool }
  }
  const crossNer = (domain: string) =>
    dataset([`crossner/${domain}/train.txt`, `crossner/${domain}/dev.txt`], `crossner/${domain}/test.txt`)
  return {
    "MIT Movie": dataset(["mit-movie/train.bio"], "mit-movie/test.bio"),
    "MIT Movie trivia": dataset(["mit-movie-trivia/train.bio"], "mit-movie-trivia/test.bio"),
    JNLPBA: dataset(["jnlpba/train.reconstructed.tsv"], "jnlpba/test.tsv"),
    WNUT17: dataset(["wnut17/train.conll"], "wnut17/test.conll"),
    "CrossNER politics": crossNer("politics"),
    "CrossNER science": crossNer("science")
  }
}

export const only = (datasets: Datasets, names: ReadonlyArray<string>): Datasets =>
  Object.fromEntries(Object.entries(datasets).filter(([name]) => names.includes(name)))

/** MIT's two datasets have no dev set: 1,000 training sentences are held back. */
export const heldBack = ["mit-movie", "mit-movie-trivia"] as const

/** Sentences that choices are made on: recipes, and which layers are read. No test sentence and nothing of CrossNER takes part. */
export const devs = ({ at, data }: Experiment): Datasets => {
  const held = (name: (typeof heldBack)[number]) => ({
    train: at(`data/${name}.rest.jsonl`),
    test: at(`data/${name}.dev.jsonl`)
  })
  return {
    "MIT Movie": held("mit-movie"),
    "MIT Movie trivia": held("mit-movie-trivia"),
    JNLPBA: { train: data("few-shot/jnlpba/train.reconstructed.tsv"), test: data("few-shot/jnlpba/devel.tsv") },
    WNUT17: { train: data("few-shot/wnut17/train.conll"), test: data("few-shot/wnut17/dev.conll") }
  }
}

/** What an LLM annotated, in the order in which more of it is taken: C4 in two files, MASC; and the text of `humanLabelled`. */
export const annotated = ["c4-annotated", "c4-annotated-2", "masc-annotated"] as const
export const annotatedHumanText = "ner-bert-text-annotated"

/** An annotated file, aligned. */
export const aligned = ({ at }: Experiment, name: (typeof annotated)[number] | typeof annotatedHumanText): string =>
  at(`data/${name}.aligned.jsonl`)

/** All of them but the last. */
export const allAligned = (experiment: Experiment): ReadonlyArray<string> =>
  annotated.map((name) => aligned(experiment, name))

/** Text that encoders are pre-trained on, whose sentences are taken out of the test sets. */
export const pretrainingText = (experiment: Experiment): ReadonlyArray<string> => [
  ...annotated.map((name) => experiment.data(`llm-annotated/${name}.jsonl`)),
  ...new Set(humanLabelled(experiment).map((named) => named.slice(named.indexOf("=") + 1)))
]
