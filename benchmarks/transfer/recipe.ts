import { join } from "node:path"

/** One command of the experiment: arguments of `bun`, from the root of the repository. */
export interface Step {
  readonly name: string
  readonly args: ReadonlyArray<string>
}

const seeds = [0, 1, 2]
/** Concepts kept, most frequent first (the paper's Table 5); all of them is NuNER itself. */
const tops = [4, 16, 154, 1500]
/** Sentences kept (its Table 6); all 8,600 is NuNER itself. */
const sizes = [1000, 3000]

const [text, aligned] = ["text.jsonl", "aligned.jsonl"]
/** Human-labelled data of NER-BERT's style; none of it is an evaluation dataset. */
const labelled = (data: string): ReadonlyArray<string> => [
  `wikigold=${join(data, "few-shot/wikigold/wikigold.conll")}`,
  ...["train", "dev", "test"].map((part) => `few_tk=${join(data, `few-nerd-format/supervised/${part}.txt`)}`)
]

/** The commands of the experiment, in order, with their results under `folder`. */
export const recipe = ({ data, folder }: { readonly data: string; readonly folder: string }): Array<Step> => {
  const at = (name: string) => join(folder, name)
  const nuner = (name: string, ...args: ReadonlyArray<string>): Step => ({
    name,
    args: ["packages/pipelines/src/cli.ts", ...args]
  })
  const answers = join(data, "llm-annotated/c4-annotated.jsonl")
  const recorded = ["--provider", "recorded", "--model", "llm", "--answers", answers]
  const small = ["--base", at("base"), "--preset", "small"]
  const contrastive = (name: string, ...args: ReadonlyArray<string>) =>
    nuner(name, "pretrain", at(aligned), ...small, "-o", at(name), ...args)
  const language = ["--tokens", "8000000", "--causal", "0.25", "--lowercase", "0.15"]
  return [
    { name: "text", args: ["benchmarks/transfer/text.ts", at(text)] },
    nuner("base", "base", at(text), "-o", at("base"), ...language, "--seed", "0"),
    nuner("annotate", "annotate", answers, "-o", at("annotated.jsonl"), ...recorded),
    nuner("align", "align", at("annotated.jsonl"), "-o", at(aligned)),
    ...seeds.flatMap((seed) => [
      contrastive(`nuner-${seed}`, "--seed", String(seed)),
      nuner(
        `ner-bert-${seed}`,
        ...["pretrain", ...labelled(data), "--objective", "types", ...small],
        ...["-o", at(`ner-bert-${seed}`), "--seed", String(seed)]
      )
    ]),
    nuner("transfer", "benchmark", "benchmarks/transfer/transfer.json", "-o", at("transfer")),
    ...tops.map((top) => contrastive(`top-${top}`, "--top-concepts", String(top))),
    ...sizes.map((size) => contrastive(`sentences-${size}`, "--sentences", String(size))),
    nuner("ablations", "benchmark", "benchmarks/transfer/ablations.json", "-o", at("ablations"))
  ]
}
