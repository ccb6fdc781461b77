import { type BenchmarkInput, markdownTable } from "@nuner/pipelines"
import { only, tests } from "../datasets.ts"
import { benchmark, type Experiment, type Step } from "../Experiment.ts"
import { standing, standingResult } from "../encoders.ts"

/** Fine-tuning (Tables 2, 8 to 11): encoder and two-layer head on few entities, few words, and all of the training data. */
export const finetune = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, data, model } = experiment
  const three: BenchmarkInput["datasets"] = only(tests(experiment), ["WNUT17", "CrossNER politics", "CrossNER science"])
  const fewTk: BenchmarkInput["datasets"] = {
    Few_TK: {
      train: data("few-nerd-format/supervised/train.txt"),
      test: data("few-nerd-format/supervised/test.txt")
    }
  }
  const step = (name: string, hours: number, how: Partial<BenchmarkInput>, epochs: number) =>
    benchmark(experiment, `finetune/${name}`, hours, () => ({
      encoders: standing({ base: model("minilm"), NuNER: at("frozen/nuner-0") }),
      datasets: { ...three, ...fewTk },
      ...{ testSize: 1000, paper: [2, 8, 9] },
      protocol: { type: "full", epochs, scheme: "BIO", learningRate: 1e-4 },
      ...how
    }))
  return [
    step("entities", 3, { k: [8, 64], sets: 3 }, 30),
    step("words", 2, { words: [1, 2, 4, 8, 16, 32, 64], paper: [10, 11] }, 30),
    step("whole", 4.5, { whole: true, sets: 3, paper: [], datasets: three }, 10),
    step("whole-few-tk", 2.5, { whole: true, sets: 3, paper: [], datasets: fewTk }, 10)
  ]
}

/** Precision, recall and F1 of exact entities, counts pooled over sets. */
export const finetuneTable = async (experiment: Experiment): Promise<string | undefined> => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const name of ["entities", "words", "whole", "whole-few-tk"]) {
    const runs = (await standingResult(experiment, `finetune/${name}`))?.runs ?? []
    const groups = Map.groupBy(
      runs,
      ({ dataset, encoder, size, unit }) =>
        `${dataset}|${unit === "whole" ? "all of it" : `${unit} = ${size}`}|${encoder}`
    )
    for (const [key, own] of groups) {
      const sum = (column: 1 | 2 | 3) =>
        own.flatMap((run) => run.entities.types).reduce((all, type) => all + type[column], 0)
      const [correct, predicted, gold] = [sum(1), sum(2), sum(3)]
      const percent = (part: number, whole: number) => (whole === 0 ? "–" : ((100 * part) / whole).toFixed(1))
      const scores = [percent(correct, predicted), percent(correct, gold), percent(2 * correct, predicted + gold)]
      rows.push([...key.split("|"), String(own.length), ...scores])
    }
  }
  if (rows.length === 0) return undefined
  return markdownTable(["dataset", "training set", "encoder", "runs", "precision", "recall", "F1"], rows)
}
