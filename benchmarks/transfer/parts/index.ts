import type { Experiment, Step } from "../Experiment.ts"
import { fromNothing } from "./fromNothing.ts"
import { frozen } from "./frozen.ts"
import { recipe } from "./recipe.ts"

/** The parts of the experiment, in order. */
export const parts: Readonly<Record<string, (experiment: Experiment) => ReadonlyArray<Step>>> = {
  recipe,
  frozen,
  "from-nothing": fromNothing
}
