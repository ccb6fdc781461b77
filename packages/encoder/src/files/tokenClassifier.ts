import { InputError, OptionError } from "@nuner/core"
import { tf } from "@nuner/engine"
import { backboneOf } from "../backbones/backbones.ts"
import { toConfigJson } from "../config/configJson.ts"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import { withMergedWeights } from "../lora/lora.ts"
import { type Encoder, type EncoderParts, storedEncoder } from "../model/Encoder.ts"
import { parameterSpecs } from "../model/parameterSpecs.ts"
import { tokenizerFiles } from "../tokenizer/tokenizerFiles.ts"
import { readSettings, readWeights } from "./loadEncoder.ts"
import { openCheckpoint } from "./openCheckpoint.ts"
import { labelFields, type SaveOptions, writeModel } from "./saveEncoder.ts"
import { dtypeFields, tensorSources } from "./tensorSource.ts"
import { checkTokenHead, hasLinearLabels } from "./tokenHead.ts"

/** A linear layer over the last hidden state: `RobertaForTokenClassification` and its like. */
export interface TokenClassifier {
  readonly encoder: EncoderParts
  /** `[hidden, labels]` */
  readonly kernel: tf.Tensor
  /** `[labels]` */
  readonly bias: tf.Tensor
  /** The label of each output: "O", "B-PER", ... */
  readonly labels: ReadonlyArray<string>
}

/** A head that transformers has no class for, and an ONNX graph holds all the same. */
export interface DeepTokenClassifier extends TokenClassifier {
  /** Hidden states that it reads side by side: 0 the embeddings', -1 the last. Default: the last alone. */
  readonly layers?: ReadonlyArray<number> | undefined
  /** `gelu(x W + b)` before the labels: `[layers * hidden, width]` and `[width]`; the kernel is then `[width, labels]`. Default: none. */
  readonly dense?: { readonly kernel: tf.Tensor; readonly bias: tf.Tensor } | undefined
}

/**
 * Writes a directory that `AutoModelForTokenClassification` and transformers.js load as it stands: as `saveEncoder`, with the head and
 * `id2label`. Where that class has more than a linear layer (ModernBERT's), `loadTokenClassifier` alone reads the head: config.json names the encoder.
 *
 * @throws OptionError where the head does not fit encoder and labels; SafetensorsError for a weight that is no number
 */
export const saveTokenClassifier = async (
  directory: string,
  { encoder, kernel, bias, labels }: TokenClassifier,
  { dtype = "F32", card }: Omit<SaveOptions, "labels"> = {}
): Promise<void> => {
  const { config, tokenizer } = encoder
  checkHead(config, { kernel, bias, labels })
  await withMergedWeights(encoder, (weights) => {
    const sources = [
      ...parameterSpecs(config).flatMap(({ name, transposed }) =>
        tensorSources(`${backboneOf(config).prefix}.${name}`, weights[name]!, transposed, dtype)
      ),
      ...tensorSources("classifier.weight", kernel, true, dtype),
      ...tensorSources("classifier.bias", bias, false, dtype)
    ]
    return writeModel(directory, sources, {
      "config.json": toConfigJson(config, {
        ...(hasLinearLabels(config) ? headConfig(config, labels) : labelFields(labels)),
        ...dtypeFields(dtype)
      }),
      ...tokenizerFiles(tokenizer, config),
      ...(card === undefined ? {} : { "README.md": card })
    })
  })
}

/** The fields of config.json that say what the outputs mean. */
export const headConfig = (config: EncoderConfig, labels: ReadonlyArray<string>): Record<string, unknown> => ({
  architectures: [`${backboneOf(config).className}ForTokenClassification`],
  ...labelFields(labels)
})

export interface LoadedTokenClassifier extends TokenClassifier {
  readonly encoder: Encoder
  readonly kernel: tf.Variable
  readonly bias: tf.Variable
  /** Frees encoder and head. */
  dispose(): void
}

/**
 * Loads such a directory, ours or another's.
 *
 * @throws InputError, also for a head with more than a linear layer; SafetensorsError
 */
export const loadTokenClassifier = async (directory: string): Promise<LoadedTokenClassifier> => {
  const { config, tokenizer, json } = await readSettings(directory)
  const labels = readLabels(json.id2label, `${directory}/config.json`)
  const checkpoint = await openCheckpoint(directory, config)
  try {
    const encoder = storedEncoder(config, await readWeights(config, checkpoint), tokenizer)
    try {
      checkTokenHead(config, checkpoint)
      const kernel = await checkpoint.variable("classifier.weight", [config.hidden, labels.length], true)
      try {
        const bias = await checkpoint.variable("classifier.bias", [labels.length], false)
        const dispose = () => {
          encoder.dispose()
          tf.dispose([kernel, bias])
        }
        return { encoder, kernel, bias, labels, dispose }
      } catch (error) {
        kernel.dispose()
        throw error
      }
    } catch (error) {
      encoder.dispose()
      throw error
    }
  } finally {
    await checkpoint.close()
  }
}

const readLabels = (id2label: unknown, source: string): Array<string> => {
  const labels = typeof id2label === "object" && id2label !== null ? (id2label as Record<string, unknown>) : {}
  const count = Object.keys(labels).length
  const list = Array.from({ length: count }, (_, id) => labels[String(id)])
  if (count === 0 || !list.every((label): label is string => typeof label === "string")) {
    throw new InputError({ source, field: "id2label", reason: "must name a label for every id from 0" })
  }
  return list
}

/** @throws OptionError that names the part which does not fit the others */
export const checkHead = (
  { hidden, layers: depth }: EncoderConfig,
  { bias, dense, kernel, labels, layers = [-1] }: Omit<DeepTokenClassifier, "encoder">
): void => {
  const fail = (option: string, reason: string): never => {
    throw new OptionError({ component: "token classifier", option, reason })
  }
  const fits = (option: string, { shape }: tf.Tensor, expected: ReadonlyArray<number>) => {
    if (shape.join() !== expected.join()) fail(option, `is [${shape}], encoder and labels ask for [${expected}]`)
  }
  if (labels.length === 0 || new Set(labels).size !== labels.length) fail("labels", "must be distinct, at least one")
  const beyond = layers.find((layer) => !Number.isInteger(layer) || layer < -depth - 1 || layer > depth)
  if (layers.length === 0 || beyond !== undefined)
    fail("layers", `${beyond ?? "none"}: a list of hidden states from ${-depth - 1} to ${depth} is asked for`)
  const width = layers.length * hidden
  if (dense) {
    fits("dense", dense.kernel, [width, dense.bias.size])
    fits("dense", dense.bias, [dense.bias.size])
  }
  fits("kernel", kernel, [dense ? dense.bias.size : width, labels.length])
  fits("bias", bias, [labels.length])
}
