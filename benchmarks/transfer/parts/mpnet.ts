import { allAligned } from "../datasets.ts"
import { type Experiment, nuner, type Step } from "../Experiment.ts"
import { adapted, compare, type Rows, SHORT, updates } from "../encoders.ts"

/** The larger encoder: mpnet against NuNER from it, the same recipe, 475 updates, one seed. */
export const mpnet = (experiment: Experiment): ReadonlyArray<Step> => {
  const { at, model } = experiment
  const rows: Rows = { base: model("mpnet"), NuNER: at("mpnet/nuner-0") }
  return [
    nuner("mpnet/nuner-0", 2.5, [
      ...["pretrain", ...allAligned(experiment), "--base", model("mpnet"), ...adapted, ...updates(SHORT)],
      ...["-o", at("mpnet/nuner-0"), "--seed", "0"]
    ]),
    ...compare(experiment, "mpnet", "mpnet", rows, { dev: 1, test: 3 }, { k: [1, 8, 32], paper: [7] })
  ]
}
