import { writeJson } from "@nuner/core"
import { markdownTable } from "@nuner/pipelines"
import {
  aligned,
  allAligned,
  annotated,
  annotatedHumanText,
  five,
  humanLabelled,
  only,
  pretrainingText,
  tests
} from "../datasets.ts"
import { benchmark, type Experiment, nuner, type Step } from "../Experiment.ts"
import { adapted, frozen as protocol, type Rows, SHORT, standing, standingResult, updates } from "../encoders.ts"
import { type Near, nearness } from "../nearness.ts"

/** Sentences that people and the LLM both labelled, in the mean of NER-BERT style data. */
const SAME_TEXT = 5310

/** What the gain comes from (Tables 4 to 7): single short runs on minilm at equal updates, seed 0. */
export const why = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, model } = experiment
  const c4 = [aligned(experiment, "c4-annotated")]
  const bothC4 = [...c4, aligned(experiment, "c4-annotated-2")]
  const all = allAligned(experiment)
  const place = (name: string) => at("why", name.replaceAll(/[^\w.]+/g, "-"))
  const train = (
    name: string,
    inputs: ReadonlyArray<string>,
    options: ReadonlyArray<string> = [],
    { base = model("minilm"), hours = 0.35, length = updates(SHORT) } = {}
  ) => ({
    ...{ name, out: place(name) },
    step: nuner(`why/${name}`, hours, [
      ...["pretrain", ...inputs, "--base", base, ...adapted, ...length, ...options],
      ...["-o", place(name), "--seed", "0"]
    ])
  })
  const some = (sentences: number) => ["--sentences", String(sentences)]
  const nothing = at("from-nothing/base")
  const trained = [
    train("types by people, Wikipedia and Few_TK", humanLabelled(experiment), ["--objective", "types"]),
    train("concepts by the LLM, the same sentences", [aligned(experiment, annotatedHumanText)]),
    train("concepts by the LLM, as many of C4", c4, some(SAME_TEXT)),
    ...[4, 16, 154, 1500].map((n) => train(`${n} concepts`, all, ["--top-concepts", String(n)])),
    ...[1000, 3000, 8600].map((n) => train(`${n} sentences`, c4, n === 8600 ? [] : some(n))),
    train("18609 sentences", bothC4),
    train("28609 sentences, all concepts", all),
    train("28609 sentences, 3 epochs", all, [], { hours: 1.2, length: ["--epochs", "3"] }),
    train("descriptions instead of names", all, ["--concept-text", "description"]),
    train("from nothing, 28609 sentences", all, [], { base: nothing, hours: 0.3 })
  ]
  const rows: Rows = {
    base: model("minilm"),
    ...Object.fromEntries(trained.slice(0, -1).map(({ name, out }) => [name, out])),
    "base from nothing": nothing,
    [trained.at(-1)!.name]: trained.at(-1)!.out
  }
  return [
    ...trained.map(({ step }) => step),
    benchmark(experiment, "why/test", 1, () => ({
      encoders: standing(rows),
      datasets: only(tests(experiment), five),
      exclude: pretrainingText(experiment),
      ...{ k: [1, 8, 32], sets: 3, protocol, paper: [4, 5, 6, 7] }
    })),
    {
      ...{ name: "why/nearness", hours: 0.02, what: "how near a dataset's types stand to the annotated concepts" },
      run: async () => {
        const files = annotated.map((name) => at(`data/${name}.jsonl`))
        await writeJson(at("why/nearness.json"), await nearness(model("minilm"), files, tests(experiment)))
      }
    }
  ]
}

/** How near each dataset's types stand to annotated concepts, beside what it gains. */
export const nearnessTable = async (experiment: Experiment): Promise<string | undefined> => {
  const file = Bun.file(experiment.at("why/nearness.json"))
  if (!(await file.exists())) return undefined
  const near = (await file.json()) as Readonly<Record<string, ReadonlyArray<Near>>>
  const runs = (await standingResult(experiment, "frozen/test"))?.runs ?? []
  const gain = (dataset: string): string => {
    const score = (encoder: string) => {
      const own = runs.filter((run) => run.dataset === dataset && run.encoder === encoder && run.size === 8)
      return own.reduce((sum, run) => sum + run.tokenMacroF1, 0) / own.length
    }
    const difference = score("NuNER") - score("base")
    return Number.isNaN(difference) ? "not run" : difference.toFixed(1)
  }
  return markdownTable(
    ["dataset", "mean cosine of a type and its nearest concept", "gain at k = 8, last layer", "types and concepts"],
    Object.entries(near).map(([dataset, types]) => [
      dataset,
      (types.reduce((sum, { cosine }) => sum + cosine, 0) / types.length).toFixed(2),
      gain(dataset),
      types.map(({ annotations, concept, type }) => `${type}: ${concept} (${annotations})`).join("; ")
    ])
  )
}
