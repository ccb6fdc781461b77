import { existsSync } from "node:fs"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import { resolveModel } from "@nuner/encoder"
import type { ZeroShotType } from "../ZeroShotModel.ts"
import { loadConcepts, scorerOf } from "./loadBiEncoder.ts"
import { readSettings, SCORER_FILE, SETTINGS_FILE, Settings } from "./settings.ts"
import { TypeVectors } from "./TypeVectors.ts"

/**
 * What names of types say of a word, for `names` of `fewShot`: what two encoders score is linear in the word's vector, `a (<h, u> / temperature + bias) + b`, so it
 * is a head before any example was seen. The concept encoder is loaded for a call and freed after it.
 *
 * @param model an encoder that was trained against names of concepts: "mini", or the directory of one that `nuner pretrain` made
 * @returns by type, the weights of the word's vector `[hidden]` and a bias, in logits. @throws InputError where the model has no concept encoder, or scores by
 * cosine
 */
export const typeScores =
  (model = "mini") =>
  async (
    types: ReadonlyArray<ZeroShotType>
  ): Promise<Map<string, { readonly weights: Float32Array; readonly bias: number }>> => {
    const directory = await resolveModel(model)
    const { a, b, concepts } = await calibrationOf(directory)
    const { concept, scorer } = await loadConcepts(directory, concepts)
    try {
      if (scorer.similarity === "cosine") {
        const reason = "it scores by cosine, which no head of weights can"
        throw new InputError({ source: directory, reason, remedy: "learn without names" })
      }
      const { names, vectors } = await new TypeVectors(concept, scorer).read(types)
      const { hidden } = concept.config
      const bias = a * scorer.bias + b
      return new Map(
        names.map((name, i) => {
          const vector = vectors.subarray(i * hidden, (i + 1) * hidden)
          return [name, { weights: vector.map((value) => (a * value) / scorer.temperature), bias }]
        })
      )
    } finally {
      concept.dispose()
    }
  }

/** The concept encoder that `typeScores` reads for the encoder of a directory: its own directory. Undefined where there is none, or where they score by cosine. */
export const conceptsOf = async (directory: string): Promise<string | undefined> => {
  if (!existsSync(join(directory, SETTINGS_FILE)) && !existsSync(join(directory, "concepts", SCORER_FILE))) return
  const { concepts } = await calibrationOf(directory)
  const { folder, scorer } = await scorerOf(directory, concepts)
  return scorer.similarity === "dot" ? folder : undefined
}

/** An encoder that was not calibrated scores as it was trained to. */
const calibrationOf = async (directory: string): Promise<Pick<Settings, "a" | "b" | "concepts">> => {
  const file = join(directory, SETTINGS_FILE)
  if (!existsSync(file)) return { a: 1, b: 0, concepts: "concepts" }
  return readSettings(Settings, file, "calibrate the model again")
}
