import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError } from "@nuner/core"
import { type SafetensorsFile, useEngine } from "@nuner/engine"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { type Encoder, storedEncoder } from "../model/Encoder.ts"
import type { StoredWeight } from "../model/StoredWeight.ts"
import { loadTokenizer } from "../tokenizer/loadTokenizer.ts"
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { type Checkpoint, checkpointOf } from "./Checkpoint.ts"
import { type EncoderSettings, encoderSettings, storedWeights } from "./encoderSettings.ts"
import { openCheckpoint } from "./openCheckpoint.ts"
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
    return await encoderFrom(checkpoint, config, tokenizer)
  } finally {
    await checkpoint.close()
  }
}

/**
 * An encoder whose weights stand in a file of something larger, under names with a prefix.
 *
 * @param file stays open
 * @param prefix "token_rep_layer.bert_layer.model."
 * @throws InputError, SafetensorsError
 */
export const encoderWithin = (
  file: SafetensorsFile,
  prefix: string,
  config: EncoderConfig,
  tokenizer: Tokenizer
): Promise<LoadedEncoder> => {
  const own = [...file.entries.values()].filter(({ name }) => name.startsWith(prefix))
  const entries = own.map((entry) => [entry.name.slice(prefix.length), entry] as const)
  const within = { ...file, entries: new Map(entries), read: (name: string) => file.read(`${prefix}${name}`) }
  return encoderFrom(checkpointOf(file.path, config, [within]), config, tokenizer)
}

const encoderFrom = async (
  checkpoint: Checkpoint,
  config: EncoderConfig,
  tokenizer: Tokenizer
): Promise<LoadedEncoder> => {
  const weights = await readWeights(config, checkpoint)
  const unused = checkpoint.names.filter((name) => !Object.hasOwn(weights, name))
  // Not by spreading, which would ask for the parameters.
  return Object.assign(storedEncoder(config, weights, tokenizer), { unused })
}

export const readSettings = async (directory: string): Promise<EncoderSettings> => {
  checkDirectory(directory)
  const path = join(directory, "config.json")
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException): never => {
    throw new InputError({
      source: path,
      reason: `cannot be read (${cause.code})`,
      remedy: "give the directory of a saved model"
    })
  })
  return encoderSettings(text, path, () => loadTokenizer(directory))
}

/** The weights of the encoder by name. Brings the engine up. */
export const readWeights = async (
  config: EncoderConfig,
  checkpoint: Checkpoint
): Promise<Record<string, StoredWeight>> => {
  await useEngine()
  return storedWeights(config, checkpoint)
}
