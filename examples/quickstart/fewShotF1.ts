/**
 * What a handful of examples of a new task is worth to an encoder: five sets with 8 to 16 examples of each of six types, a model from each, and its entity F1
 * on the 164 test sentences.
 *
 *     bun examples/quickstart/fewShotF1.ts <encoder> --record    # writes base.json, which the quickstart shows where the base itself is not at hand
 */
import { join } from "node:path"
import { parseArgs } from "node:util"
import { type FewShotModel, fewShot } from "@nuner/classifier"
import { writeJson } from "@nuner/core"
import { fromPretrained } from "@nuner/encoder"
import { entityMicro } from "@nuner/metrics"
import { mineSets } from "@nuner/miner"
import { readDataset } from "@nuner/pipelines"

const data = join(import.meta.dir, "data/labelled")
const BASE = join(import.meta.dir, "base.json")

export interface FewShotScore {
  /** Mean entity micro F1 over the sets, in percent. */
  readonly entityF1: number
  /** Of each set. */
  readonly sets: ReadonlyArray<number>
}

/** @param onModel is given the model of each set, which it may use until it returns */
export const fewShotF1 = async (
  name: string,
  onModel: (model: FewShotModel) => Promise<void> | void = () => {}
): Promise<FewShotScore> => {
  const [train, test] = await Promise.all(["train", "test"].map((part) => readDataset(join(data, `${part}.jsonl`))))
  const encoder = await fromPretrained(name)
  try {
    const sets: Array<number> = []
    for (const { sentences } of mineSets({ sentences: train!, k: 8, sets: 5, seed: 1 })) {
      const model = await fewShot({ examples: sentences, encoder })
      // Small batches, for the memory of a laptop.
      const found = (await model.predictWords(test!, { batchTokens: 512 })).map((entities) => ({ entities }))
      sets.push(100 * entityMicro(test!, found).f1)
      await onModel(model)
    }
    return { entityF1: sets.reduce((sum, f1) => sum + f1, 0) / sets.length, sets }
  } finally {
    encoder.dispose()
  }
}

/** The base's score: measured where `$NUNER_MODELS` has it, else as it was recorded; undefined where it never was. */
export const baseF1 = async (): Promise<{ readonly entityF1: number; readonly measured: boolean } | undefined> => {
  const models = process.env.NUNER_MODELS
  if (models !== undefined) return { entityF1: (await fewShotF1(join(models, "minilm"))).entityF1, measured: true }
  const file = Bun.file(BASE)
  return (await file.exists()) ? { entityF1: (await file.json()).entityF1, measured: false } : undefined
}

if (import.meta.main) {
  const { positionals, values } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: { record: { type: "boolean", default: false } }
  })
  const score = await fewShotF1(positionals[0] ?? "mini")
  console.log(JSON.stringify(score))
  if (values.record) await writeJson(BASE, { encoder: "sentence-transformers/all-MiniLM-L6-v2", ...score })
}
