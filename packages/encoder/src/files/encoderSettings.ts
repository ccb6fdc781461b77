import { InputError } from "@nuner/core"
import { sweeper } from "@nuner/engine"
import { backboneOf } from "../backbones/backbones.ts"
import { parseConfigJson } from "../config/configJson.ts"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { parameterSpecs } from "../model/parameterSpecs.ts"
import type { StoredWeight } from "../model/StoredWeight.ts"
import type { Tokenizer } from "../tokenizer/Tokenizer.ts"
import type { Checkpoint } from "./Checkpoint.ts"

/** What lies beside an encoder's weights. */
export interface EncoderSettings {
  readonly config: EncoderConfig
  readonly tokenizer: Tokenizer
  /** config.json as it stands. */
  readonly json: Record<string, unknown>
}

/**
 * @param text of config.json
 * @param path its name, for errors
 * @throws InputError where config and tokenizer do not fit together
 */
export const encoderSettings = async (
  text: string,
  path: string,
  loadTokenizer: () => Promise<Tokenizer>
): Promise<EncoderSettings> => {
  const config = parseConfigJson(text, path)
  const tokenizer = await loadTokenizer()
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

/** The weights of an encoder by name. @throws InputError, SafetensorsError */
export const storedWeights = async (
  config: EncoderConfig,
  checkpoint: Checkpoint
): Promise<Record<string, StoredWeight>> => {
  checkParts(config, checkpoint)
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
