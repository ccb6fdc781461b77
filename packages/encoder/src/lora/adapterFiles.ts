import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { InputError, OptionError } from "@nuner/core"
import {
  disposeAll,
  type Parameters,
  readSafetensors,
  readWeights,
  type SafetensorsFile,
  tf,
  writeWeights
} from "@nuner/engine"
import { backboneOf } from "../backbones/backbones.ts"
import { parseObject } from "../config/configJson.ts"
import { canonicalName } from "../files/canonicalName.ts"
import { replaceDirectory } from "../files/replaceDirectory.ts"
import { tensorSources } from "../files/tensorSource.ts"
import type { TokenClassifier } from "../files/tokenClassifier.ts"
import type { Encoder, EncoderParts } from "../model/Encoder.ts"
import { adapterNames } from "./adapterOf.ts"
import type { LoraSettings } from "./LoraOptions.ts"
import { checkPlain, linearLayers } from "./lora.ts"

const configFile = "adapter_config.json"
const weightsFile = "adapter_model.safetensors"
/** The path of the adapted model in PEFT's wrapper. */
const wrapper = "base_model.model."

export interface SaveAdapterOptions {
  /** The model that the adapters belong to: a directory, or a name on the hub. PEFT's `AutoPeftModel` loads it. Default: not said. */
  readonly base?: string | undefined
}

/**
 * Writes adapters without the weights that they belong to, in PEFT's layout: `adapter_config.json` and `adapter_model.safetensors`.
 * `PeftModel.from_pretrained(AutoModel..., directory)` loads those of an encoder, with `AutoModelForTokenClassification` those of a token
 * classifier and its head.
 *
 * @throws OptionError for a model without adapters; SafetensorsError for a weight that is no number
 */
export const saveAdapter = async (
  directory: string,
  model: EncoderParts | TokenClassifier,
  { base }: SaveAdapterOptions = {}
): Promise<void> => {
  const head = "labels" in model ? model : undefined
  const { config, lora, parameters } = "labels" in model ? model.encoder : model
  if (lora === undefined) {
    throw new OptionError({ component: "saveAdapter", option: "model", reason: "has no adapters", remedy: "addLora" })
  }
  const path = head ? `${wrapper}${backboneOf(config).prefix}.` : wrapper
  const layers = linearLayers(config).filter(({ name }) => parameters[adapterNames(name).a])
  const tensors = layers.flatMap(({ name }) =>
    Object.values(adapterNames(name)).flatMap((one) => tensorSources(`${path}${one}`, parameters[one]!, true, "F32"))
  )
  const headTensors = head && [
    ...tensorSources(`${wrapper}classifier.weight`, head.kernel, true, "F32"),
    ...tensorSources(`${wrapper}classifier.bias`, head.bias, false, "F32")
  ]
  const json = {
    peft_type: "LORA",
    task_type: head ? "TOKEN_CLS" : "FEATURE_EXTRACTION",
    base_model_name_or_path: base ?? null,
    r: lora.rank,
    lora_alpha: lora.alpha,
    lora_dropout: lora.dropout,
    target_modules: layers.map(({ name }) => name),
    modules_to_save: head ? ["classifier"] : null,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true
  }
  await replaceDirectory(directory, async (temporary) => {
    await writeWeights(join(temporary, weightsFile), [...tensors, ...(headTensors ?? [])], { format: "pt" })
    await writeFile(join(temporary, configFile), `${JSON.stringify(json, null, 2)}\n`)
  })
}

/** An encoder with another's adapters, and the linear layer over its last hidden state that came with them. */
export interface LoadedAdapter {
  readonly encoder: Encoder & { readonly lora: LoraSettings }
  /** `kernel` `[hidden, labels]`, `bias` `[labels]`. What the labels are called stands in no file of an adapter. */
  readonly head: { readonly kernel: Float32Array; readonly bias: Float32Array } | undefined
}

/**
 * Puts adapters in PEFT's layout beside the weights of the encoder that they were trained with. They join its parameters and are freed
 * with them.
 *
 * @throws InputError for a variant of LoRA that is not computed here, or a tensor that fits no layer; OptionError for an encoder that has
 *   adapters already; SafetensorsError
 */
export const loadAdapter = async (directory: string, encoder: Encoder): Promise<LoadedAdapter> => {
  checkPlain("loadAdapter", encoder)
  const { alpha, dropout, rank } = await readConfig(join(directory, configFile))
  const layers = linearLayers(encoder.config)
  const shapes = new Map(
    layers.flatMap(({ name, shape: [inputs, outputs] }) => [
      [adapterNames(name).a, [inputs!, rank]],
      [adapterNames(name).b, [rank, outputs!]]
    ])
  )
  const file = await readSafetensors(join(directory, weightsFile))
  const adapters: Parameters = {}
  try {
    const head = await readHead(file, encoder.config.hidden)
    for (const field of file.entries.keys()) {
      const name = canonicalName(field.replace(wrapper, ""), backboneOf(encoder.config).prefix)
      // The pooler, which target_modules "all-linear" adapts too, bears on no token's vector.
      if (headNames.includes(name) || name.startsWith("pooler.")) continue
      const shape = shapes.get(name)
      if (shape === undefined) throw strange(file.path, field, "belongs to no linear layer of this encoder")
      adapters[name] = await readTransposed(file, field, shape)
    }
    const targets = layers.map(({ name }) => name).filter((name) => isComplete(adapters, name, file.path))
    Object.assign(encoder.parameters, adapters)
    return { encoder: { ...encoder, lora: { rank, alpha, targets, dropout } }, head }
  } catch (error) {
    disposeAll(adapters)
    throw error
  } finally {
    await file.close()
  }
}

/** Whether a layer has an adapter. @throws InputError where it has half of one */
const isComplete = (adapters: Parameters, layer: string, path: string): boolean => {
  const { a, b } = adapterNames(layer)
  const missing = [a, b].filter((name) => adapters[name] === undefined)
  if (missing.length === 1) throw strange(path, missing[0]!, "is missing")
  return missing.length === 0
}

/** @param shape in memory, `[in, out]`; the file has `[out, in]` */
const readTransposed = async (file: SafetensorsFile, field: string, shape: ReadonlyArray<number>) => {
  const stored = shape.toReversed() as [number, number]
  const found = file.entries.get(field)!.shape
  if (found.join() !== stored.join()) throw strange(file.path, field, `is [${found}], not [${stored}]`)
  const values = await readWeights(file, field)
  return tf.tidy(() => tf.variable(tf.transpose(tf.tensor2d(values, stored))))
}

const headNames = ["classifier.weight", "classifier.bias"]

const readHead = async (file: SafetensorsFile, hidden: number): Promise<LoadedAdapter["head"]> => {
  const [weight, bias] = headNames.map((name) => `${wrapper}${name}`) as [string, string]
  if (!file.entries.has(weight)) return undefined
  const labels = file.entries.get(bias)?.shape[0] ?? 0
  const kernel = await readTransposed(file, weight, [hidden, labels])
  try {
    return { kernel: Float32Array.from(kernel.dataSync()), bias: await readWeights(file, bias) }
  } finally {
    kernel.dispose()
  }
}

const strange = (source: string, field: string, reason: string): InputError =>
  new InputError({ source, field, reason, remedy: "load the encoder that the adapter was trained with" })

/** Variants of LoRA that would change the numbers; `false`, null and nothing in them are what is computed here. */
const variants = [
  ...["use_dora", "use_rslora", "use_qalora", "use_bdlora", "lora_bias", "fan_in_fan_out", "alora_invocation_tokens"],
  ...["rank_pattern", "alpha_pattern", "layer_replication", "kasa_config", "velora_config", "monteclora_config"]
]

const readConfig = async (source: string): Promise<Pick<LoraSettings, "rank" | "alpha" | "dropout">> => {
  const text = await readFile(source, "utf8").catch((cause: NodeJS.ErrnoException): never => {
    const remedy = "give the directory that saveAdapter or PEFT wrote"
    throw new InputError({ source, reason: `cannot be read (${cause.code})`, remedy })
  })
  const json = parseObject(text, source)
  const fail = (field: string, reason: string): never => {
    throw new InputError({ source, field, reason })
  }
  if (json.peft_type !== "LORA") fail("peft_type", `is ${JSON.stringify(json.peft_type)}, only "LORA" is read here`)
  if ((json.bias ?? "none") !== "none")
    fail("bias", `is ${JSON.stringify(json.bias)}: trained biases are not read here`)
  for (const field of variants) {
    const value = json[field]
    const isOff = !value || (typeof value === "object" && Object.keys(value).length === 0)
    if (!isOff) fail(field, `is ${JSON.stringify(value)}: this variant of LoRA is not computed here`)
  }
  const positive = (field: string): number => {
    const value = json[field]
    return typeof value === "number" && value > 0 ? value : fail(field, "must be a number above 0")
  }
  const dropout = typeof json.lora_dropout === "number" ? json.lora_dropout : 0
  return { rank: positive("r"), alpha: positive("lora_alpha"), dropout }
}
