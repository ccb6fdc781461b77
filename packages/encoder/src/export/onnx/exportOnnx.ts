import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { OptionError } from "@nuner/core"
import type { OnnxGraph } from "@nuner/engine"
import { checkFinite } from "@nuner/engine"
import { toConfigJson } from "../../config/configJson.ts"
import { replaceDirectory } from "../../files/replaceDirectory.ts"
import { checkHead, type DeepTokenClassifier, headConfig } from "../../files/tokenClassifier.ts"
import { withMergedWeights } from "../../lora/lora.ts"
import type { EncoderParts } from "../../model/Encoder.ts"
import { tokenizerFiles } from "../../tokenizer/tokenizerFiles.ts"
import { encoderGraph } from "./encoderGraph.ts"
import { floatWeights } from "./floatWeights.ts"
import { int8Weights } from "./int8Weights.ts"
import { type OnnxType, read, type WeightNumbers, type Weights, type WeightsSource } from "./Weights.ts"
import { writeOnnx } from "./writeOnnx.ts"

/** transformers.js's names; its `dtype` for int8 is "q8". */
export const onnxFile: Readonly<Record<OnnxType, string>> = {
  fp32: "onnx/model.onnx",
  fp16: "onnx/model_fp16.onnx",
  int8: "onnx/model_quantized.onnx"
}

const weightsOf: Readonly<Record<OnnxType, (source: WeightsSource) => Weights>> = {
  fp32: (source) => floatWeights(source, "float32"),
  fp16: (source) => floatWeights(source, "float16"),
  int8: int8Weights
}

export interface ExportOnnxOptions {
  /** Default: fp32 alone. */
  readonly types?: ReadonlyArray<OnnxType>
}

/** What is exported: the numbers of a network, how it is drawn with them, and the files beside it. */
export interface OnnxNetwork {
  /** By name. */
  readonly parameters: Readonly<Record<string, WeightNumbers>>
  /** @param weights of the graph that `graphOf` makes */
  graphOf(weights: (graph: OnnxGraph) => Weights): OnnxGraph
  /** By name, with their content. */
  readonly files: Readonly<Record<string, string>>
}

/**
 * Writes a directory that transformers.js loads as it stands: `onnx/model.onnx`, `model_fp16.onnx`, `model_quantized.onnx` (ONNX operator set
 * 17, batch and length open), config and tokenizer. An encoder gives `last_hidden_state`, a token classifier `logits`, also one whose head reads several
 * hidden states or has a hidden layer. May be the directory of `saveEncoder` or `saveTokenClassifier`.
 *
 * @throws OptionError; SafetensorsError for a weight that is no number
 */
export const exportOnnx = async (
  directory: string,
  model: EncoderParts | DeepTokenClassifier,
  options: ExportOnnxOptions = {}
): Promise<void> => {
  const head = "labels" in model ? model : undefined
  const encoder = "labels" in model ? model.encoder : model
  const { config, tokenizer } = encoder
  if (head) checkHead(config, head)
  const extra = head ? headConfig(config, head.labels) : {}
  const shape = head && {
    ...{ labels: head.labels.length, layers: head.layers ?? [-1], dense: head.dense !== undefined }
  }
  await withMergedWeights(encoder, (weights) =>
    exportNetwork(
      directory,
      {
        parameters: head ? { ...weights, ...headWeights(head) } : weights,
        graphOf: (make) => encoderGraph(config, shape, make),
        files: { "config.json": toConfigJson(config, extra), ...tokenizerFiles(tokenizer, config) }
      },
      options
    )
  )
}

/**
 * Writes a network of whatever kind in each of the types, and its files beside it.
 *
 * @throws OptionError; SafetensorsError for a weight that is no number
 */
export const exportNetwork = async (
  directory: string,
  { files, graphOf, parameters }: OnnxNetwork,
  { types = ["fp32"] }: ExportOnnxOptions = {}
): Promise<void> => {
  const unknown = types.find((type) => !Object.hasOwn(weightsOf, type))
  if (unknown !== undefined || types.length === 0) {
    const reason =
      unknown === undefined ? "names no type" : `"${unknown}" is none of ${Object.keys(weightsOf).join(", ")}`
    throw new OptionError({ component: "exportOnnx", option: "types", reason })
  }
  for (const [name, weight] of Object.entries(parameters)) checkFinite(directory, name, await read(weight))
  await replaceDirectory(directory, async (temporary) => {
    for (const [name, content] of Object.entries(files)) await writeFile(join(temporary, name), content)
    for (const type of types) {
      const path = join(temporary, onnxFile[type])
      await mkdir(dirname(path), { recursive: true })
      await writeOnnx(
        path,
        graphOf((graph) => weightsOf[type]({ graph, parameters }))
      )
    }
  })
}

const headWeights = ({ bias, dense, kernel }: DeepTokenClassifier) => ({
  ...{ "classifier.weight": kernel, "classifier.bias": bias },
  ...(dense && { "dense.weight": dense.kernel, "dense.bias": dense.bias })
})
