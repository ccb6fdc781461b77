import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import {
  type Encoder,
  encoderWithin,
  type FromPretrainedOptions,
  loadTokenizer,
  parseConfigJson,
  resolveModel,
  type Tokenizer
} from "@nuner/encoder"
import {
  disposeAll,
  type Parameters,
  readSafetensors,
  readTorch,
  readWeights,
  type SafetensorsFile,
  tf
} from "@nuner/engine"
import { promptTokenizer } from "../prompt/promptTokenizer.ts"
import type { ZeroShotKind } from "../ZeroShotModel.ts"
import { baseConfig } from "./baseConfig.ts"
import { type Gliner, gliner } from "./Gliner.ts"
import { parseGlinerConfig } from "./GlinerConfig.ts"
import {
  CONFIG_FILE,
  glinerLayout,
  LABELS_FOLDER,
  PICKLE_FILE,
  SAFETENSORS_FILE,
  tokenizerLayout
} from "./glinerLayout.ts"
import { ENCODER_PREFIX, type HeadParameter, headParameters } from "./headParameters.ts"
import { LABELS_PREFIX } from "./LabelVectors.ts"

/**
 * Loads a model in GLiNER's layout, published or ours: `gliner_config.json`, `model.safetensors` or `pytorch_model.bin` (which is read as data: see
 * `readTorch`), the tokenizer's files, or else those of its base from the hub. Every tensor that the model needs has to be there.
 *
 * @param options of the hub
 * @throws InputError, SafetensorsError
 */
export const loadGliner = async (directory: string, options: FromPretrainedOptions = {}): Promise<Gliner> => {
  const path = join(directory, CONFIG_FILE)
  const { config, encoder: json, labels: ofLabels } = parseGlinerConfig(await readFile(path, "utf8"), path)
  const found = await tokenizerOf(directory, config.base, options)
  const tokenizer = await promptTokenizer(found, [config.typeToken, config.endToken], ofLabels === undefined)
  const file = withoutPrefix(await openWeights(directory))
  try {
    const encoder = await encoderOf(file, ENCODER_PREFIX, json ?? baseConfig(config.base, path), tokenizer, path)
    try {
      const labels = ofLabels && (await labelsOf(file, directory, ofLabels, options))
      try {
        const head = await readHead(file, headParameters(config, encoder.config.hidden, labels?.config.hidden))
        return gliner({ config, encoder, head, ...(labels && { labels }) })
      } catch (error) {
        labels?.dispose()
        throw error
      }
    } catch (error) {
      encoder.dispose()
      throw error
    }
  } finally {
    await file.close()
  }
}

export const glinerKind: ZeroShotKind = { kind: "gliner", file: CONFIG_FILE, layout: glinerLayout, load: loadGliner }

const encoderOf = (
  file: SafetensorsFile,
  prefix: string,
  json: Record<string, unknown>,
  tokenizer: Tokenizer,
  source: string
): Promise<Encoder> => {
  const rows = file.entries.get(`${prefix}embeddings.word_embeddings.weight`)?.shape[0]
  const sized = { ...json, ...(rows !== undefined && { vocab_size: rows }) }
  const config = parseConfigJson(JSON.stringify(sized), `${source} ${prefix}`)
  checkTokenizer(source, tokenizer, config.vocabSize)
  return encoderWithin(file, prefix, config, tokenizer)
}

/** The encoder for types, its tokenizer in a folder of the model, or else that of its base. */
const labelsOf = async (
  file: SafetensorsFile,
  directory: string,
  { json, name }: { readonly name: string; readonly json: Record<string, unknown> | undefined },
  options: FromPretrainedOptions
): Promise<Encoder> => {
  const source = join(directory, CONFIG_FILE)
  if (json === undefined) {
    const remedy = `add the content of config.json of "${name}"`
    throw new InputError({ source, field: "labels_encoder_config", reason: "is missing", remedy })
  }
  const tokenizer = await tokenizerOf(join(directory, LABELS_FOLDER), name, options)
  return encoderOf(file, LABELS_PREFIX, json, tokenizer, source)
}

/** The tokenizer in a folder, or, where there is none, that of a base. */
const tokenizerOf = async (directory: string, base: string, options: FromPretrainedOptions): Promise<Tokenizer> => {
  if (base === "" || (await tokenizerLayout.isComplete(directory))) return loadTokenizer(directory)
  return loadTokenizer(await resolveModel(base, { ...options, revision: "main", layout: tokenizerLayout }))
}

const openWeights = (directory: string): Promise<SafetensorsFile> => {
  const safe = join(directory, SAFETENSORS_FILE)
  const bin = join(directory, PICKLE_FILE)
  if (existsSync(safe)) return readSafetensors(safe)
  if (existsSync(bin)) return readTorch(bin)
  throw new InputError({ source: directory, reason: `holds neither ${SAFETENSORS_FILE} nor ${PICKLE_FILE}` })
}

/** Models that were saved within another object have all names begin with "model.". */
const withoutPrefix = (file: SafetensorsFile): SafetensorsFile => {
  const names = [...file.entries.keys()]
  if (!names.every((name) => name.startsWith("model."))) return file
  const entries = [...file.entries].map(([name, entry]) => [name.slice(6), { ...entry, name: name.slice(6) }] as const)
  return { ...file, entries: new Map(entries), read: (name) => file.read(`model.${name}`) }
}

const checkTokenizer = (source: string, tokenizer: Tokenizer, rows: number): void => {
  if (tokenizer.vocabSize <= rows) return
  const reason = `the tokenizer's ids reach ${tokenizer.vocabSize - 1}, the embedding table has ${rows} rows`
  throw new InputError({ source, reason, remedy: "take the tokenizer that belongs to the model" })
}

const readHead = async (file: SafetensorsFile, parameters: ReadonlyArray<HeadParameter>): Promise<Parameters> => {
  const head: Parameters = {}
  try {
    for (const { name, shape, transposed } of parameters) {
      // In 0.2.0 the scorer's network had no dropout layer of its own in between.
      const stored = file.entries.has(name) ? name : name.replace("scorer.out_mlp.3", "scorer.out_mlp.2")
      const entry = file.entries.get(stored)
      const wanted = transposed ? shape.toReversed() : [...shape]
      if (entry?.shape.join() !== wanted.join()) {
        const reason =
          entry === undefined ? "is missing" : `has the shape [${entry.shape}], the config asks for [${wanted}]`
        throw new InputError({ source: file.path, field: stored, reason })
      }
      const values = await readWeights(file, stored)
      head[name] = tf.tidy(() => {
        const tensor = tf.tensor(values, wanted)
        return tf.variable(transposed ? tf.transpose(tensor) : tensor)
      })
    }
    return head
  } catch (error) {
    disposeAll(head)
    throw error
  }
}
