import { loadEncoder } from "@nuner/encoder"
import { readAligned } from "@nuner/pipelines"
import { biEncoder, calibrate, ZeroShot, type ZeroShotModel } from "@nuner/zeroshot"
import { aligned, allAligned, annotatedHumanText } from "../transfer/datasets.ts"
import { type Experiment, nuner, type Step } from "../transfer/Experiment.ts"

/** A row of the tables. */
export interface Model {
  readonly name: string
  /** How it is trained, where it is trained here; what it leaves stands under the step's name in the experiment's folder. */
  readonly training?: Step
  readonly load: () => Promise<ZeroShotModel>
  /** Least probability of an entity, chosen on dev sentences of WNUT17 and JNLPBA. Default: the model's own. */
  readonly threshold?: number
  /** Thresholds that it is tried with on dev sentences. */
  readonly tried: ReadonlyArray<number>
}

/** Annotated sentences that the pair in the box learned from. */
export const readByMini = allAligned
/** Annotated sentences that models trained here learn from: all that there are. */
export const readByHeads = (work: Experiment): ReadonlyArray<string> => [
  ...allAligned(work),
  aligned(work, annotatedHumanText)
]

export const models = (work: Experiment): ReadonlyArray<Model> => {
  const trained = (slug: string, base: string, args: ReadonlyArray<string>): Omit<Model, "name" | "threshold"> => {
    const step = `zero/${slug}`
    const run = ["--base", base, "-o", work.at(step), "--validation", "0.005", "--validate-every", "250"]
    return {
      tried: [0.2, 0.35, 0.5],
      training: nuner(step, 0.5, ["zero", "train", ...readByHeads(work), ...run, ...recipe, ...args]),
      load: () => ZeroShot.fromPretrained(work.at(step))
    }
  }
  return [
    { name: "nearest name, untrained", tried: [], load: () => nearestName(work) },
    { name: "mini", tried: [0.05, 0.1, 0.15, 0.2, 0.25], load: () => ZeroShot.fromPretrained("mini") },
    { name: "words", ...trained("words", "mini", [...rate("2e-4"), "--steps", "1000"]) },
    {
      name: "spans",
      threshold: 0.35,
      ...trained("spans", work.at("zero/words"), [...rate("1e-4"), "--steps", "200", "--max-width", "12"])
    }
  ]
}

/** NuNER Zero's head, at rates that a thousand small steps want. */
const recipe = ["--head-dropout", "0.1", "--batch-size", "16", "--head-rate", "10", "--negative-ratio", "3"]
const rate = (peak: string) => ["--learning-rate", peak]

/** Two untrained encoders: each word is of the type whose name is nearest, where it is near enough. */
const nearestName = async (work: Experiment): Promise<ZeroShotModel> => {
  const [text, concept] = await Promise.all([loadEncoder(work.model("minilm")), loadEncoder(work.model("minilm"))])
  const scorer = { similarity: "cosine", temperature: 0.1, bias: 0, conceptPooling: "mean" } as const
  const sentences = await Array.fromAsync(readAligned([aligned(work, annotatedHumanText)]))
  const settings = await calibrate({ text, concept, scorer }, sentences, { sentences: 1000 })
  // Words of one type are one entity: no joint was learned.
  return biEncoder({ text, concept, scorer, settings: { ...settings, joint: { weights: [], bias: -1 } } })
}
