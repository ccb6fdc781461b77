import { loadEncoder } from "@nuner/encoder"
import { readAligned } from "@nuner/pipelines"
import { biEncoder, calibrate, ZeroShot, type ZeroShotModel } from "@nuner/zeroshot"
import { aligned, allAligned, annotatedHumanText } from "../transfer/datasets.ts"
import { type Experiment, nuner, type Step } from "../transfer/Experiment.ts"

/** A row of the tables. */
export interface Model {
  readonly name: string
  /** How it is trained, where it is trained here, one after the other; what a step leaves stands under its name in the experiment's folder. */
  readonly training: ReadonlyArray<Step>
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
  const train = (slug: string, base: string, args: ReadonlyArray<string>): Step => {
    const run = ["--base", base, "-o", work.at(`zero/${slug}`), "--validation", "0.005", "--validate-every", "250"]
    return nuner(`zero/${slug}`, 0.5, ["zero", "train", ...readByHeads(work), ...run, ...recipe, ...args])
  }
  const words = [
    train("words", "mini", [...rate("2e-4"), "--steps", "1000"]),
    train("words-longer", work.at("zero/words"), [...rate("2e-4"), "--steps", "1000", "--seed", "1"])
  ]
  const spans = [
    ...words,
    train("spans", work.at("zero/words-longer"), [...rate("1e-4"), "--steps", "200", "--max-width", "12"])
  ]
  const trained = (training: ReadonlyArray<Step>): Omit<Model, "name" | "threshold"> => ({
    ...{ training, tried: [0.2, 0.35, 0.5] },
    load: () => ZeroShot.fromPretrained(work.at(training.at(-1)!.name))
  })
  return [
    { name: "nearest name, untrained", training: [], tried: [], load: () => nearestName(work) },
    { name: "mini", training: [], tried: [0.05, 0.1, 0.15, 0.2, 0.25], load: () => ZeroShot.fromPretrained("mini") },
    { name: "words", ...trained(words) },
    { name: "spans", threshold: 0.2, ...trained(spans) }
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
