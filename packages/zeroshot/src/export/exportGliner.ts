import { type ExportOnnxOptions, exportNetwork } from "@nuner/encoder"
import type { GlinerParts } from "../gliner/Gliner.ts"
import { glinerFiles } from "../gliner/saveGliner.ts"
import { glinerGraph } from "./glinerGraph.ts"

/**
 * Writes a model for ONNX Runtime, GLiNER's Python (`GLiNER.from_pretrained(directory, load_onnx_model=True, onnx_model_file="onnx/model.onnx")`) and
 * its like: `onnx/model.onnx` and others by type, `gliner_config.json`, the tokenizer's files. May be the directory of `save`.
 *
 * @throws OptionError; SafetensorsError for a weight that is no number
 */
export const exportGliner = async (
  directory: string,
  parts: GlinerParts,
  options: ExportOnnxOptions = {}
): Promise<void> => {
  const { config, encoder, head } = parts
  const { files, typeId } = await glinerFiles(parts)
  const graph = { config, encoder: encoder.config, head, typeId }
  await exportNetwork(
    directory,
    {
      parameters: { ...encoder.parameters, ...head },
      graphOf: (weights) => glinerGraph(graph, weights),
      files
    },
    options
  )
}
