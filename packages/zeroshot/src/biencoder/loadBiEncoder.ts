import { existsSync } from "node:fs"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import { encoderLayout, loadEncoder, type ModelLayout, resolveModel } from "@nuner/encoder"
import type { ZeroShotKind } from "../ZeroShotModel.ts"
import { type BiEncoder, type BiEncoderParts, biEncoder } from "./biEncoder.ts"
import { readSettings, SCORER_FILE, Scorer, SETTINGS_FILE, Settings } from "./settings.ts"

/** A bi-encoder from a directory that `save` or `nuner zero calibrate` wrote. @throws InputError, SafetensorsError */
export const loadBiEncoder = async (directory: string): Promise<BiEncoder> => {
  const file = join(directory, SETTINGS_FILE)
  const { concepts, format: _, ...settings } = await readSettings(Settings, file, "calibrate the model again")
  const pair = await loadPair(directory, concepts)
  if (settings.joint.weights.length === pair.text.config.hidden) return biEncoder({ ...pair, settings })
  for (const encoder of [pair.text, pair.concept]) encoder.dispose()
  const reason = `joint has ${settings.joint.weights.length} weights, the encoder's vectors are ${pair.text.config.hidden} wide`
  throw new InputError({ source: file, reason, remedy: "calibrate the model again" })
}

/**
 * The two encoders that `nuner pretrain` left, and how they score.
 *
 * @param model a directory or the name of a model
 * @param concepts a folder in the directory, or another model
 * @throws InputError, SafetensorsError
 */
export const loadPair = async (model: string, concepts = "concepts"): Promise<Omit<BiEncoderParts, "settings">> => {
  const directory = await resolveModel(model)
  const { concept, folder, scorer } = await loadConcepts(directory, concepts)
  try {
    const text = await loadEncoder(directory)
    if (concept.config.hidden === text.config.hidden) return { text, concept, scorer }
    text.dispose()
    const reason = `its vectors are ${concept.config.hidden} wide, those of ${directory} ${text.config.hidden}`
    throw new InputError({ source: folder, reason, remedy: REMEDY })
  } catch (error) {
    concept.dispose()
    throw error
  }
}

/** The concept encoder of a directory's text encoder. @throws InputError, SafetensorsError */
export const loadConcepts = async (directory: string, concepts: string) => {
  const found = await scorerOf(directory, concepts)
  return { ...found, concept: await loadEncoder(found.folder) }
}

/** How a text encoder and its concept encoder score, and where that one is. @throws InputError */
export const scorerOf = async (directory: string, concepts: string) => {
  const inside = join(directory, concepts)
  const folder = existsSync(inside) ? inside : await resolveModel(concepts)
  return { folder, scorer: await readSettings(Scorer, join(folder, SCORER_FILE), REMEDY) }
}

const REMEDY = "name an encoder of nuner pretrain, which leaves its concept encoder and scorer"

/** Of the hub: both encoders, the second one in a folder where the model brings it. */
const layout: ModelLayout = {
  wanted: (files, source) => {
    const inside = files.filter((file) => file.startsWith(FOLDER)).map((file) => file.slice(FOLDER.length))
    const concepts = inside.length === 0 ? [] : [SCORER_FILE, ...encoderLayout.wanted(inside, `${source}/${FOLDER}`)]
    return [SETTINGS_FILE, ...encoderLayout.wanted(files, source), ...concepts.map((file) => `${FOLDER}${file}`)]
  },
  isComplete: async (directory) => {
    const file = join(directory, SETTINGS_FILE)
    if (!existsSync(file) || !(await encoderLayout.isComplete(directory))) return false
    const { concepts } = await readSettings(Settings, file, "calibrate the model again")
    const inside = join(directory, FOLDER)
    return `${concepts}/` !== FOLDER || (existsSync(join(inside, SCORER_FILE)) && encoderLayout.isComplete(inside))
  }
}
const FOLDER = "concepts/"

export const biEncoderKind: ZeroShotKind = { kind: "bi-encoder", file: SETTINGS_FILE, layout, load: loadBiEncoder }
