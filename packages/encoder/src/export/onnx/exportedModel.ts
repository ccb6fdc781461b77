import { type OnnxGraph, type OnnxModel, onnxModel, type Value } from "@nuner/engine"

/** ONNX 1.12: the first whose operator set has LayerNormalization. */
const version = { format: 8, operators: 17 } as const

/** A graph as a model that many programs read. @param outside names of data that stands beside it */
export const exportedModel = (graph: OnnxGraph, outside?: ReadonlySet<Value>): OnnxModel =>
  onnxModel(graph, version, outside)

/** Its bytes, one weight at a time. */
export async function* piecesOf({ pieces }: OnnxModel): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) yield piece
    else {
      const content = await piece.data()
      const { bytes, name } = piece
      if (content.length !== bytes) throw new Error(`${name} is ${content.length} bytes, its shape asks for ${bytes}`)
      yield content
    }
  }
}
