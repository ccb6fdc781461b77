import { InputError } from "@nuner/core"
import { disposeAll, type Parameters } from "@nuner/engine"
import { backboneOf } from "../backbones/backbones.ts"
import { toConfigJson } from "../config/configJson.ts"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { withMergedWeights } from "../lora/lora.ts"
import { type Encoder, type EncoderParts, storedEncoder } from "../model/Encoder.ts"
import { parameterSpecs } from "../model/parameterSpecs.ts"
import { tokenizerFiles } from "../tokenizer/tokenizerFiles.ts"
import type { Checkpoint } from "./Checkpoint.ts"
import { readSettings, readWeights } from "./loadEncoder.ts"
import { openCheckpoint } from "./openCheckpoint.ts"
import { type SaveOptions, writeModel } from "./saveEncoder.ts"
import { dtypeFields, tensorSources } from "./tensorSource.ts"

/**
 * What turns a token's vector into logits over the vocabulary: dense, GELU, LayerNorm, then the embedding table as output layer, with a bias.
 * Named `lm_head.dense.weight` `[hidden, width]`, `lm_head.dense.bias`, `lm_head.layer_norm.weight`, `lm_head.layer_norm.bias` `[width]` and
 * `lm_head.bias` `[vocabulary]`, whatever the architecture, `width` being the embedding table's; some have no biases but the last.
 */
export type LanguageHead = Parameters

/** An encoder with its language-model head: `RobertaForMaskedLM` and its like. */
export interface LanguageModel {
  readonly encoder: EncoderParts
  readonly head: LanguageHead
}

export interface LoadedLanguageModel {
  readonly encoder: Encoder
  /** Absent in a checkpoint of an encoder alone. */
  readonly head: LanguageHead | undefined
}

export interface HeadSpec {
  /** In memory. */
  readonly name: string
  readonly file: string
  readonly shape: ReadonlyArray<number>
  readonly transposed: boolean
}

/** Every parameter of a backbone's language-model head. */
export const languageHeadSpecs = (config: EncoderConfig): Array<HeadSpec> => {
  const { languageHead, wordTable } = backboneOf(config)
  const { bias, biased, dense, norm } = languageHead
  // As wide as the table that it ends in.
  const [rows, width] = parameterSpecs(config).find(({ name }) => name === `${wordTable}.weight`)!.shape as [
    number,
    number
  ]
  const vector = (name: string, file: string, size = width): HeadSpec => ({
    name,
    file,
    shape: [size],
    transposed: false
  })
  return [
    { name: "lm_head.dense.weight", file: `${dense}.weight`, shape: [config.hidden, width], transposed: true },
    ...(biased ? [vector("lm_head.dense.bias", `${dense}.bias`)] : []),
    vector("lm_head.layer_norm.weight", `${norm}.weight`),
    ...(biased ? [vector("lm_head.layer_norm.bias", `${norm}.bias`)] : []),
    vector("lm_head.bias", bias, rows)
  ]
}

/**
 * Loads an encoder as `loadEncoder` does, and the language-model head that lies beside it, if there is one.
 *
 * @throws InputError, also for a head whose output layer is not the embedding table, SafetensorsError, EngineError
 */
export const loadLanguageModel = async (directory: string): Promise<LoadedLanguageModel> => {
  const { config, tokenizer } = await readSettings(directory)
  const checkpoint = await openCheckpoint(directory, config)
  try {
    const encoder = storedEncoder(config, await readWeights(config, checkpoint), tokenizer)
    try {
      return { encoder, head: await readHead(encoder, checkpoint) }
    } catch (error) {
      encoder.dispose()
      throw error
    }
  } finally {
    await checkpoint.close()
  }
}

const readHead = async ({ config, parameters }: Encoder, checkpoint: Checkpoint): Promise<LanguageHead | undefined> => {
  const specs = languageHeadSpecs(config)
  if (!specs.some(({ file }) => checkpoint.has(file))) return undefined
  const head: LanguageHead = {}
  try {
    for (const { file, name, shape, transposed } of specs)
      head[name] = await checkpoint.variable(file, shape, transposed)
    await checkTied(config, parameters[`${backboneOf(config).wordTable}.weight`]!, checkpoint)
    return head
  } catch (error) {
    disposeAll(head)
    throw error
  }
}

/** An output layer in the file must be the embedding table: another one would be lost. */
const checkTied = async (config: EncoderConfig, table: Parameters[string], checkpoint: Checkpoint): Promise<void> => {
  const field = backboneOf(config).languageHead.decoder
  if (!checkpoint.has(field)) return
  const decoder = await checkpoint.variable(field, table.shape, false)
  const [outputs, inputs] = [await decoder.data(), await table.data()]
  decoder.dispose()
  if (outputs.every((value, i) => value === inputs[i])) return
  const reason = "is not the embedding table; heads with an output layer of their own are not implemented"
  throw new InputError({ source: checkpoint.source, field, reason })
}

/**
 * Writes a directory that `AutoModelForMaskedLM`, and for the encoder alone `AutoModel`, load as it stands: as `saveEncoder`, with the head.
 * Adapters are merged into the weights.
 */
export const saveLanguageModel = async (
  directory: string,
  { encoder, head }: LanguageModel,
  { dtype = "F32", card }: SaveOptions = {}
): Promise<void> => {
  const { config, tokenizer } = encoder
  await withMergedWeights(encoder, (weights) => {
    const sources = [
      ...parameterSpecs(config).flatMap(({ name, transposed }) =>
        tensorSources(`${backboneOf(config).prefix}.${name}`, weights[name]!, transposed, dtype)
      ),
      ...languageHeadSpecs(config).flatMap(({ file, name, transposed }) =>
        tensorSources(file, head[name]!, transposed, dtype)
      )
    ]
    const architectures = [`${backboneOf(config).className}ForMaskedLM`]
    return writeModel(directory, sources, {
      "config.json": toConfigJson(config, { architectures, ...dtypeFields(dtype) }),
      ...tokenizerFiles(tokenizer, config),
      ...(card === undefined ? {} : { "README.md": card })
    })
  })
}
