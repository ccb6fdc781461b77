import { open, rm } from "node:fs/promises"
import type { OnnxGraph } from "./OnnxGraph.ts"
import { onnxModel } from "./onnxModel.ts"

/** Writes a graph as an ONNX model. @throws OptionError for a model beyond the format's 2 GiB */
export const writeOnnx = async (path: string, graph: OnnxGraph): Promise<void> => {
  const pieces = onnxModel(graph)
  const file = await open(path, "w")
  const write = async (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length; )
      done += (await file.write(bytes, done, Math.min(bytes.length - done, 2 ** 28))).bytesWritten
  }
  try {
    for await (const piece of pieces) await write(piece)
    await file.sync()
    await file.close()
  } catch (error) {
    await file.close().catch(() => {})
    await rm(path, { force: true })
    throw error
  }
}
