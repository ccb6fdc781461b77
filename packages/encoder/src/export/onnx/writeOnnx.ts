import { OptionError, writeAtomic } from "@nuner/core"
import type { OnnxGraph } from "@nuner/engine"
import { exportedModel, piecesOf } from "./exportedModel.ts"

/** A protocol-buffer message has 2 GiB at most. */
const maxBytes = 2 ** 31 - 1

/**
 * Writes a graph as an ONNX model; weights pass through memory one at a time.
 *
 * @throws OptionError for a model beyond the format's 2 GiB; OutputError
 */
export const writeOnnx = async (path: string, graph: OnnxGraph): Promise<void> => {
  const model = exportedModel(graph)
  if (model.bytes > maxBytes) {
    const reason = `the model takes ${model.bytes} bytes, an ONNX file ends at ${maxBytes}`
    throw new OptionError({ component: "exportOnnx", option: "types", reason, remedy: 'export "fp16" or "int8" only' })
  }
  await writeAtomic(path, piecesOf(model))
}
