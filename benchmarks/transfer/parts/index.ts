import type { Experiment, Step } from "../Experiment.ts"
import { finetune } from "./finetune.ts"
import { fromNothing } from "./fromNothing.ts"
import { frozen } from "./frozen.ts"
import { llm } from "./llm.ts"
import { mpnet } from "./mpnet.ts"
import { recipe } from "./recipe.ts"
import { tadner } from "./tadner.ts"
import { why } from "./why.ts"

/** The parts of the experiment, in order. */
export const parts: Readonly<Record<string, (experiment: Experiment) => ReadonlyArray<Step>>> = {
  recipe,
  frozen,
  why,
  tadner,
  mpnet,
  finetune,
  llm,
  "from-nothing": fromNothing
}
