import type { GraphModel, GraphSession } from "@nuner/engine"
import { checkBatch, type EncoderConfig, resolveLayers } from "../config/EncoderConfig.ts"
import { statesGraph } from "../export/onnx/encoderGraph.ts"
import { exportedModel, piecesOf } from "../export/onnx/exportedModel.ts"
import { floatWeights } from "../export/onnx/floatWeights.ts"
import type { WeightNumbers } from "../export/onnx/Weights.ts"
import type { TokenBatch } from "../model/TokenBatch.ts"

/** An encoder as an ONNX model whose outputs are its hidden states. Its weights stand beside it: those read from a file as they are, of tensors a copy. */
export const statesModel = async (
  config: EncoderConfig,
  parameters: Readonly<Record<string, WeightNumbers>>
): Promise<GraphModel> => {
  const graph = statesGraph(config, (graph) => floatWeights({ graph, parameters }, "float32"))
  const outside = [...graph.initializers.values()].filter(({ name }) => Object.hasOwn(parameters, name))
  const names = (ports: ReadonlyArray<{ readonly name: string }>) => ports.map(({ name }) => name)
  const model = exportedModel(graph, new Set(names(outside)))
  const bytes = new Uint8Array(model.bytes)
  let at = 0
  for await (const piece of piecesOf(model)) {
    bytes.set(piece, at)
    at += piece.length
  }
  return {
    bytes,
    weights: await Promise.all(outside.map(async ({ data, name, shape }) => ({ name, shape, data: await data() }))),
    inputs: names(graph.inputs),
    outputs: names(graph.outputs)
  }
}

/**
 * Hidden states of a batch from that model, compiled: for each asked layer one list of numbers `[rows, tokens, hidden]`.
 *
 * @param layers as of `forward`
 * @throws OptionError as `forward`
 */
export const readStates = async (
  session: GraphSession,
  config: EncoderConfig,
  { ids, mask, rows, tokens }: TokenBatch,
  layers: ReadonlyArray<number>
): Promise<Array<Float32Array>> => {
  const asked = resolveLayers(config, layers)
  checkBatch(config, { rows, tokens })
  const inputs = { input_ids: ids, attention_mask: mask, token_type_ids: new Int32Array(ids.length) }
  const distinct = [...new Set(asked)]
  const states = await session.run(inputs, [rows, tokens], distinct, config.hidden)
  return asked.map((layer) => states[distinct.indexOf(layer)]!)
}
