import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type TensorSource, writeWeights } from "@nuner/engine"
import { toConfigJson } from "../config/configJson.ts"
import { withMergedWeights } from "../lora/lora.ts"
import type { EncoderParts } from "../model/Encoder.ts"
import { parameterSpecs } from "../model/parameterSpecs.ts"
import { tokenizerFiles } from "../tokenizer/tokenizerFiles.ts"
import { replaceDirectory } from "./replaceDirectory.ts"
import { dtypeFields, tensorSources, type WeightDtype } from "./tensorSource.ts"

export interface SaveOptions {
  /** Of the weights in the file. Default F32, which loses nothing. */
  readonly dtype?: WeightDtype
  /** The text of README.md: see `modelCard`. Default: none is written. */
  readonly card?: string
  /** Of a head that lies beside the encoder: config.json names them, as transformers.js asks. Default: none. */
  readonly labels?: ReadonlyArray<string>
}

/** The fields of config.json that say what the outputs mean. */
export const labelFields = (labels: ReadonlyArray<string>) => ({
  id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
  label2id: Object.fromEntries(labels.map((label, id) => [label, id]))
})

/**
 * Writes a directory that `AutoModel.from_pretrained` of Python's transformers loads as it stands: `config.json`, `model.safetensors`,
 * `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json`. Adapters are merged into the weights. Whole or not at all.
 *
 * @throws OptionError for a weight beyond the range of F16; SafetensorsError for one that is no number
 */
export const saveEncoder = async (
  directory: string,
  encoder: EncoderParts,
  { dtype = "F32", card, labels }: SaveOptions = {}
): Promise<void> =>
  saveWithin(directory, encoder, {
    dtype,
    files: {
      "config.json": toConfigJson(encoder.config, { ...(labels && labelFields(labels)), ...dtypeFields(dtype) }),
      ...tokenizerFiles(encoder.tokenizer, encoder.config),
      ...(card === undefined ? {} : { "README.md": card })
    }
  })

export interface SaveWithinOptions {
  /** Before the encoder's names: "token_rep_layer.bert_layer.model.". Default: nothing. */
  readonly prefix?: string
  /** Tensors beside the encoder's. */
  readonly beside?: ReadonlyArray<TensorSource>
  /** Files beside the weights, by name. */
  readonly files: Readonly<Record<string, string>>
  /** Of the encoder's weights. Default F32. */
  readonly dtype?: WeightDtype
}

/** Writes an encoder as a part of something larger: `model.safetensors` and the files that belong to it. Whole or not at all. */
export const saveWithin = async (
  directory: string,
  encoder: EncoderParts,
  { beside = [], dtype = "F32", files, prefix = "" }: SaveWithinOptions
): Promise<void> =>
  withMergedWeights(encoder, (weights) => {
    const sources = parameterSpecs(encoder.config).flatMap(({ name, transposed }) =>
      tensorSources(`${prefix}${name}`, weights[name]!, transposed, dtype)
    )
    return writeModel(directory, [...sources, ...beside], files)
  })

export const writeModel = (
  directory: string,
  tensors: ReadonlyArray<TensorSource>,
  files: Readonly<Record<string, string>>
): Promise<void> =>
  replaceDirectory(directory, async (temporary) => {
    // Python's loader asks which framework's layout this is.
    await writeWeights(join(temporary, "model.safetensors"), tensors, { format: "pt" })
    for (const [name, content] of Object.entries(files)) await writeFile(join(temporary, name), content)
  })
