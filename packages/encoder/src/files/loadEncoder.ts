import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import { useEngine } from "@nuner/engine"
import { backboneOf } from "../backbones/backbones.ts"
import { parseConfigJson } from "../config/configJson.ts"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { sweeper } from "../memory/sweeper.ts"
import { type Encoder, storedEncoder } from "../model/Encoder.ts"
import { parameterSpecs } from "../model/parameterSpecs.ts"
import type { StoredWeight } from "../model/StoredWeight.ts"
import { loadTokenizer } from "../tokenizer/loadTokenizer.ts"
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { type Checkpoint, openCheckpoint } from "./Checkpoint.ts"
import { checkDirectory } from "./weightFiles.ts"

/** An encoder from files, and what lay in the files beside it. */
export interface LoadedEncoder extends Encoder {
  /** Tensors of the checkpoint that an encoder has no use for: pooler, language-model head, classifier. */
  readonly unused: ReadonlyArray<string>
}

/**
 * Loads an encoder from a Hugging Face directory: `config.json`, `model.safetensors` (or its shards; F32, F16 or BF16, held as
 * float32), and the tokenizer's files. Memory beyond the weights is one tensor. Brings the engine up.
 *
 * @throws InputError, SafetensorsError, EngineError: one line that names file and field
 */
export const loadEncoder = async (directory: string): Promise<LoadedEncoder> => {
  const { config, tokenizer } = await readSettings(directory)
  const checkpoint = await openCheckpoint(directory, config)
  try {
    const weights = await readWeights(config, checkpoint)
    const unused = checkpoint.names.filter((name) => !Object.hasOwn(weights, name))
    // Not by spreading, which would ask for the parameters.
    return Object.assign(storedEncoder(config, weights, tokenizer), { unused })
  } finally {
    await checkpoint.close()
  }
}

export const readSettings = async (
  directory: string
): Promise<{ config: EncoderConfig; tokenizer: Tokenizer; json: Record<string, unknown> }> => {
  checkDirectory(directory)
  const path = join(directory, "config.json")
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException): never => {
    throw new InputError({
      source: path,
      reason: `cannot be read (${cause.code})`,
      remedy: "give the directory of a saved model"
    })
  })
  const config = parseConfigJson(text, path)
  const tokenizer = await loadTokenizer(directory)
  const { pad } = tokenizer.special
  if (tokenizer.vocabSize > config.vocabSize) {
    const reason = `the tokenizer's ids reach ${tokenizer.vocabSize - 1}, the embedding table has ${config.vocabSize} rows`
    throw new InputError({ source: path, field: "vocab_size", reason })
  }
  if (pad.id !== config.padId) {
    const reason = `is ${config.padId}, the tokenizer's ${pad.token} is ${pad.id}`
    throw new InputError({ source: path, field: "pad_token_id", reason })
  }
  return { config, tokenizer, json: JSON.parse(text) }
}

/** The weights of the encoder by name. Brings the engine up. */
export const readWeights = async (
  config: EncoderConfig,
  checkpoint: Checkpoint
): Promise<Record<string, StoredWeight>> => {
  checkParts(config, checkpoint)
  await useEngine()
  const weights: Record<string, StoredWeight> = {}
  // Of 16-bit weights both forms are held for a moment.
  const release = sweeper()
  for (const { name, shape, transposed } of parameterSpecs(config)) {
    const weight = await checkpoint.read(name, shape, transposed)
    weights[name] = weight
    release(2 * weight.values.length)
  }
  return weights
}

/** Tables of 0, 1, 2, ... and of zeros that older versions of transformers saved. */
const constants = ["embeddings.position_ids", "embeddings.token_type_ids"]

/**
 * A tensor in a layer that runs, and that our layers have no place for (relative positions, adapters, cross-attention), would change the numbers.
 *
 * @throws InputError naming it
 */
const checkParts = (config: EncoderConfig, { names, source }: Checkpoint): void => {
  const specs = parameterSpecs(config)
  const known = new Set([...constants, ...specs.map(({ name }) => name)])
  const rooms = new Set(specs.map(({ name }) => name.split(".", 1)[0]!))
  const layerOf = (name: string): number => Number(/\.(\d+)\./.exec(name)?.[1] ?? 0)
  const stranger = names.find(
    (name) => rooms.has(name.split(".", 1)[0]!) && layerOf(name) < config.layers && !known.has(name)
  )
  if (stranger === undefined) return
  const remedy = "it belongs to another architecture, or to adapters that were not merged into the weights"
  const reason = `is no part of a ${backboneOf(config).className} encoder`
  throw new InputError({ source, field: stranger, reason, remedy })
}
