import type { BenchmarkInput } from "@nuner/pipelines"
import { only, tests } from "../datasets.ts"
import { benchmark, type Experiment, type Step } from "../Experiment.ts"
import { standing } from "../encoders.ts"

/** Fine-tuning (Tables 2, 8 to 11): encoder and two-layer head on few entities, few words, and all of the training data. */
export const finetune = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, data, model } = experiment
  const datasets: BenchmarkInput["datasets"] = {
    ...only(tests(experiment), ["WNUT17", "CrossNER politics", "CrossNER science"]),
    Few_TK: {
      train: data("few-nerd-format/supervised/train.txt"),
      test: data("few-nerd-format/supervised/test.txt")
    }
  }
  const step = (name: string, hours: number, how: Partial<BenchmarkInput>, epochs: number) =>
    benchmark(experiment, `finetune/${name}`, hours, () => ({
      encoders: standing({ base: model("minilm"), NuNER: at("frozen/nuner-0") }),
      datasets,
      ...{ testSize: 1000, paper: [2, 8, 9] },
      protocol: { type: "full", epochs, scheme: "BIO", learningRate: 1e-4 },
      ...how
    }))
  return [
    step("entities", 3, { k: [8, 64], sets: 3 }, 30),
    step("words", 2, { words: [1, 2, 4, 8, 16, 32, 64], paper: [10, 11] }, 30),
    step("whole", 2, { whole: true, sets: 3 }, 10)
  ]
}
