import { existsSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { decodeOptions, writeJson } from "@nuner/core"
import {
  hasLinearLabels,
  replaceDirectory,
  type SaveAdapterOptions,
  type SaveOptions,
  saveAdapter,
  saveEncoder,
  saveTokenClassifier,
  type TokenClassifier
} from "@nuner/encoder"
import { type TensorSource, tf, writeWeights } from "@nuner/engine"
import { type Dense, type Head, headWidth } from "../head/Head.ts"
import type { ClassifierParts } from "../predict/tokenClassifier.ts"
import { ADAPTER, HEAD_FILE, SETTINGS_FILE, Settings } from "./settings.ts"

/**
 * Writes a model directory, whole or not at all: what stood there before stays intact where writing fails.
 *
 * One linear layer over the last hidden state is written as `RobertaForTokenClassification` or
 * `BertForTokenClassification`, which transformers and transformers.js load as it stands. Any other head, and every one on a ModernBERT, whose class has a hidden layer there, goes into
 * `head.safetensors` beside an encoder that `AutoModel` loads. `nuner.json` holds what those layouts have no field for:
 * pooling, layers, scheme, temperature. Adapters are merged into the weights, and written besides as `adapter/`, in PEFT's layout.
 *
 * @throws OutputError, for a folder that holds something else than a model too; OptionError
 */
export const saveClassifier = async (
  directory: string,
  classifier: ClassifierParts,
  { base, ...options }: SaveClassifierOptions = {}
): Promise<void> => {
  const { encoder, head, scheme, pooling, layers, temperature, thresholds, transitions } = classifier
  const isLinear = head.dense === undefined && layers.length === 1 && isLast(layers[0]!, encoder.config.layers)
  const inModel = isLinear && hasLinearLabels(encoder.config)
  const settings = decodeOptions("saveClassifier", Settings, {
    ...{ format: "nuner-token-classifier-1", head: inModel ? "model" : "file", classes: head.classes },
    ...{ scheme, layers, pooling, temperature },
    ...(transitions && {
      transitions: transitions.map((row) => row.map((value) => (Number.isFinite(value) ? value : null)))
    }),
    ...(thresholds && { thresholds }),
    ...(head.dense ? { headHidden: head.dense.bias.length } : {})
  })
  await replaceDirectory(directory, async (fresh) => {
    if (inModel) await withHead(classifier, (model) => saveTokenClassifier(fresh, model, options))
    else {
      await saveEncoder(fresh, encoder, { ...options, labels: head.classes })
      await writeWeights(join(fresh, HEAD_FILE), headTensors(head))
    }
    await writeJson(join(fresh, SETTINGS_FILE), settings)
    if (encoder.lora === undefined) return
    const adapter = join(fresh, ADAPTER)
    if (inModel) await withHead(classifier, (model) => saveAdapter(adapter, model, { base }))
    else await saveAdapter(adapter, encoder, { base })
  })
  // What an earlier model left there.
  if (inModel) await rm(join(directory, HEAD_FILE), { force: true })
  const adapter = join(directory, ADAPTER)
  if (encoder.lora === undefined && existsSync(join(adapter, "adapter_config.json")))
    await rm(adapter, { recursive: true })
}

/** `base`: the model that adapters belong to. */
export interface SaveClassifierOptions extends SaveOptions, SaveAdapterOptions {}

const isLast = (layer: number, depth: number): boolean => layer === -1 || layer === depth

/** What `use` makes of encoder and linear head as others know them. */
const withHead = async (
  { encoder, head }: ClassifierParts,
  use: (model: TokenClassifier) => Promise<void>
): Promise<void> => {
  const { kernel, bias, classes } = head
  const tensors = {
    kernel: tf.tensor2d(kernel, [headWidth(head), classes.length]),
    bias: tf.tensor1d(bias)
  }
  try {
    await use({ encoder, ...tensors, labels: classes })
  } finally {
    tf.dispose(tensors)
  }
}

/** As PyTorch's linear layers: `[out, in]`. */
const headTensors = ({ dense, kernel, bias }: Head): Array<TensorSource> => [
  ...(dense ? denseTensors("dense", dense) : []),
  ...denseTensors("classifier", { kernel, bias })
]

const denseTensors = (name: string, { kernel, bias }: Dense): Array<TensorSource> => {
  const [outputs, inputs] = [bias.length, kernel.length / bias.length]
  const weight = new Float32Array(kernel.length)
  for (let i = 0; i < inputs; i++) for (let o = 0; o < outputs; o++) weight[o * inputs + i] = kernel[i * outputs + o]!
  return [
    { name: `${name}.weight`, dtype: "F32", shape: [outputs, inputs], data: async () => weight },
    { name: `${name}.bias`, dtype: "F32", shape: [outputs], data: async () => bias }
  ]
}
