import { allAligned, pretrainingText, tests } from "../datasets.ts"
import { benchmark, type Experiment, nuner, type Step } from "../Experiment.ts"
import { adapted, devStep, frozen as protocol, type Rows, SHORT, updates, withBestLayers } from "../encoders.ts"

/** The larger encoder: mpnet against NuNER from it, the same recipe, 475 updates, one seed. */
export const mpnet = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, model } = experiment
  const rows: Rows = { base: model("mpnet"), NuNER: at("mpnet/nuner-0") }
  return [
    nuner("mpnet/nuner-0", 2.5, [
      ...["pretrain", ...allAligned(experiment), "--base", model("mpnet"), ...adapted, ...updates(SHORT)],
      ...["-o", at("mpnet/nuner-0"), "--seed", "0"]
    ]),
    devStep(experiment, "mpnet/dev", 1, "mpnet", rows),
    benchmark(experiment, "mpnet/test", 3, async () => ({
      encoders: await withBestLayers(experiment, "mpnet/dev", "mpnet", rows),
      datasets: tests(experiment),
      exclude: pretrainingText(experiment),
      ...{ k: [1, 8, 32], sets: 5, protocol, paper: [7] }
    }))
  ]
}
