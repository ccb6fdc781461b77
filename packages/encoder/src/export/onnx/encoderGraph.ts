import type { EncoderConfig } from "../../config/EncoderConfig.ts"
import { layerPrefix } from "../../model/parameterSpecs.ts"
import { OnnxGraph, type Value } from "./OnnxGraph.ts"
import type { Weights } from "./Weights.ts"

/**
 * The forward pass as an ONNX graph: `input_ids` and `attention_mask` `[batch, sequence]`, for BERT also `token_type_ids`, all int64, to
 * `last_hidden_state` `[batch, sequence, hidden]` or, where the weights hold a classifier, `logits` `[batch, sequence, labels]`, float32.
 *
 * @param labels of the classifier; 0 for a bare encoder
 */
export const encoderGraph = (
  config: EncoderConfig,
  labels: number,
  weightsOf: (graph: OnnxGraph) => Weights
): OnnxGraph => {
  const graph = new OnnxGraph()
  const weights = weightsOf(graph)
  const ids = graph.input("input_ids", "int64", ["batch", "sequence"])
  const mask = graph.input("attention_mask", "int64", ["batch", "sequence"])
  const bias = maskBias(graph, weights.float, mask)
  let x = embed(graph, weights, config, ids)
  for (let index = 0; index < config.layers; index++) x = layer(graph, weights, config, layerPrefix(index), x, bias)
  const [name, width] = labels > 0 ? (["logits", labels] as const) : (["last_hidden_state", config.hidden] as const)
  const result = labels > 0 ? weights.linear("classifier", x) : x
  graph.output(graph.cast(result, "float32"), name, "float32", ["batch", "sequence", width])
  return graph
}

/** 0 for a token, a large negative number for padding: `[batch, 1, 1, sequence]`. */
const maskBias = (graph: OnnxGraph, float: Weights["float"], mask: Value): Value => {
  const kept = graph.cast(graph.op("Unsqueeze", [mask, graph.int64s([1, 2])]), float)
  const padding = graph.op("Sub", [graph.scalar(1, float), kept])
  return graph.op("Mul", [padding, graph.scalar(float === "float16" ? -60_000 : -1e9, float)])
}

const embed = (graph: OnnxGraph, weights: Weights, config: EncoderConfig, ids: Value): Value => {
  const words = weights.rows("embeddings.word_embeddings.weight", ids)
  const positions = weights.rows("embeddings.position_embeddings.weight", positionIds(graph, config, ids))
  // A single type needs no input.
  const types =
    config.architecture === "bert" ? graph.input("token_type_ids", "int64", ["batch", "sequence"]) : graph.int64(0)
  const sum = graph.op("Add", [
    graph.op("Add", [words, positions]),
    weights.rows("embeddings.token_type_embeddings.weight", types)
  ])
  return norm(graph, weights, config, "embeddings.LayerNorm", sum)
}

/** As the function of the same name beside `forward`. */
const positionIds = (graph: OnnxGraph, { architecture, padId }: EncoderConfig, ids: Value): Value => {
  if (architecture === "bert") {
    const sequence = graph.op("Gather", [graph.op("Shape", [ids]), graph.int64(1)], { axis: 0 })
    return graph.op("Range", [graph.int64(0), sequence, graph.int64(1)])
  }
  const kept = graph.cast(graph.op("Not", [graph.op("Equal", [ids, graph.int64(padId)])]), "int64")
  const counted = graph.op("Mul", [graph.op("CumSum", [kept, graph.int64(1)]), kept])
  return graph.op("Add", [counted, graph.int64(padId)])
}

const norm = (graph: OnnxGraph, weights: Weights, { layerNormEps }: EncoderConfig, name: string, x: Value): Value =>
  graph.op("LayerNormalization", [x, weights.vector(`${name}.weight`), weights.vector(`${name}.bias`)], {
    axis: -1,
    epsilon: { float: layerNormEps }
  })

const layer = (graph: OnnxGraph, weights: Weights, config: EncoderConfig, at: string, x: Value, bias: Value): Value => {
  const { hidden, heads } = config
  const { float } = weights
  const split = (name: string, order: ReadonlyArray<number>): Value => {
    const projected = weights.linear(`${at}.attention.self.${name}`, x)
    return graph.op("Transpose", [graph.op("Reshape", [projected, graph.int64s([0, 0, heads, hidden / heads])])], {
      perm: order
    })
  }
  const query = split("query", [0, 2, 1, 3]) // [batch, heads, sequence, d]
  const key = split("key", [0, 2, 3, 1]) // [batch, heads, d, sequence]
  const value = split("value", [0, 2, 1, 3])
  const scores = graph.op("Div", [graph.op("MatMul", [query, key]), graph.scalar(Math.sqrt(hidden / heads), float)])
  const attention = graph.op("Softmax", [graph.op("Add", [scores, bias])], { axis: -1 })
  const mixed = graph.op("Transpose", [graph.op("MatMul", [attention, value])], { perm: [0, 2, 1, 3] })
  const attended = graph.op("Reshape", [mixed, graph.int64s([0, 0, hidden])])
  const block = (name: string, output: Value, input: Value): Value => {
    const sum = graph.op("Add", [weights.linear(`${at}.${name}.dense`, output), input])
    return norm(graph, weights, config, `${at}.${name}.LayerNorm`, sum)
  }
  const y = block("attention.output", attended, x)
  return block("output", gelu(graph, float, weights.linear(`${at}.intermediate.dense`, y)), y)
}

/** `x (1 + erf(x / sqrt 2)) / 2`, in the form that ONNX Runtime recognises and fuses. */
const gelu = (graph: OnnxGraph, float: Weights["float"], x: Value): Value => {
  const erf = graph.op("Erf", [graph.op("Div", [x, graph.scalar(Math.SQRT2, float)])])
  return graph.op("Mul", [
    graph.op("Mul", [x, graph.op("Add", [erf, graph.scalar(1, float)])]),
    graph.scalar(0.5, float)
  ])
}
