import { backboneOf } from "../../backbones/backbones.ts"
import type { Parts } from "../../backbones/Parts.ts"
import type { EncoderConfig } from "../../config/EncoderConfig.ts"
import { OnnxGraph, type Value } from "./OnnxGraph.ts"
import type { Weights } from "./Weights.ts"

/**
 * The forward pass as an ONNX graph: `input_ids` and `attention_mask` `[batch, sequence]`, where the tokenizer types tokens also
 * `token_type_ids`, all int64, to `last_hidden_state` `[batch, sequence, hidden]` or, where the weights hold a classifier, `logits`
 * `[batch, sequence, labels]`, float32.
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
  const parts = onnxParts(graph, weights, config)
  const backbone = backboneOf(config)
  let x = backbone.embed(parts, config)
  const shared = backbone.shared?.(parts, config)
  for (let index = 0; index < config.layers; index++) x = backbone.layer(parts, config, index, x, shared)
  const [name, width] = labels > 0 ? (["logits", labels] as const) : (["last_hidden_state", config.hidden] as const)
  const result = labels > 0 ? weights.linear("classifier", x) : x
  graph.output(graph.cast(result, "float32"), name, "float32", ["batch", "sequence", width])
  return graph
}

/** Parts that draw: a value is the name of a node's result. */
const onnxParts = (graph: OnnxGraph, weights: Weights, config: EncoderConfig): Parts<Value> => {
  const { heads, hidden, layerNormEps } = config
  const { float } = weights
  const { counting, tokenTypes } = backboneOf(config)
  const ids = graph.input("input_ids", "int64", ["batch", "sequence"])
  const mask = graph.input("attention_mask", "int64", ["batch", "sequence"])
  const padding = maskBias(graph, float, mask)
  const add = (x: Value, y: Value) => graph.op("Add", [x, y])
  const split = (x: Value, order: ReadonlyArray<number>): Value =>
    graph.op("Transpose", [graph.op("Reshape", [x, graph.int64s([0, 0, heads, hidden / heads])])], { perm: order })
  return {
    words: (name) => weights.rows(`${name}.weight`, ids),
    positions: (name) =>
      weights.rows(`${name}.weight`, counting === "places" ? places(graph, ids) : countedPositions(graph, config, ids)),
    // A single type needs no input.
    types: (name) =>
      weights.rows(
        `${name}.weight`,
        tokenTypes ? graph.input("token_type_ids", "int64", ["batch", "sequence"]) : graph.int64(0)
      ),
    linear: (name, x) => weights.linear(name, x),
    norm: (name, x) =>
      graph.op("LayerNormalization", [x, weights.vector(`${name}.weight`), weights.vector(`${name}.bias`)], {
        axis: -1,
        epsilon: { float: layerNormEps }
      }),
    gelu: (x) => gelu(graph, float, x),
    add,
    dropout: (_site, x) => x,
    attention: (_site, q, k, v, bias) => {
      const query = split(q, [0, 2, 1, 3]) // [batch, heads, sequence, d]
      const key = split(k, [0, 2, 3, 1]) // [batch, heads, d, sequence]
      const value = split(v, [0, 2, 1, 3])
      const scores = graph.op("Div", [graph.op("MatMul", [query, key]), graph.scalar(Math.sqrt(hidden / heads), float)])
      const biased = bias === undefined ? scores : add(scores, bias)
      const attention = graph.op("Softmax", [add(biased, padding)], { axis: -1 })
      const mixed = graph.op("Transpose", [graph.op("MatMul", [attention, value])], { perm: [0, 2, 1, 3] })
      return graph.op("Reshape", [mixed, graph.int64s([0, 0, hidden])])
    },
    relativeBias: (name, { bucketOf, reach }) => {
      const byDistance = graph.int64s(Array.from({ length: 2 * reach + 1 }, (_, i) => bucketOf(i - reach)))
      const at = places(graph, ids)
      const along = (axis: number) => graph.op("Unsqueeze", [at, graph.int64s([axis])])
      const distance = graph.op("Sub", [along(0), along(1)]) // [query, key]
      const near = graph.op("Clip", [distance, graph.int64(-reach), graph.int64(reach)])
      const buckets = graph.op("Gather", [byDistance, add(near, graph.int64(reach))], { axis: 0 })
      const bias = graph.op("Gather", [weights.vector(`${name}.weight`), buckets], { axis: 0 })
      return graph.op("Transpose", [bias], { perm: [2, 0, 1] }) // [heads, query, key]
    }
  }
}

/** 0 for a token, a large negative number for padding: `[batch, 1, 1, sequence]`. */
const maskBias = (graph: OnnxGraph, float: Weights["float"], mask: Value): Value => {
  const kept = graph.cast(graph.op("Unsqueeze", [mask, graph.int64s([1, 2])]), float)
  const padding = graph.op("Sub", [graph.scalar(1, float), kept])
  return graph.op("Mul", [padding, graph.scalar(float === "float16" ? -60_000 : -1e9, float)])
}

/** 0, 1, 2, ...: `[sequence]`. */
const places = (graph: OnnxGraph, ids: Value): Value => {
  const sequence = graph.op("Gather", [graph.op("Shape", [ids]), graph.int64(1)], { axis: 0 })
  return graph.op("Range", [graph.int64(0), sequence, graph.int64(1)])
}

/** As `positionIds` counts tokens. */
const countedPositions = (graph: OnnxGraph, { padId }: EncoderConfig, ids: Value): Value => {
  const kept = graph.cast(graph.op("Not", [graph.op("Equal", [ids, graph.int64(padId)])]), "int64")
  const counted = graph.op("Mul", [graph.op("CumSum", [kept, graph.int64(1)]), kept])
  return graph.op("Add", [counted, graph.int64(padId)])
}

/** `x (1 + erf(x / sqrt 2)) / 2`, in the form that ONNX Runtime recognises and fuses. */
const gelu = (graph: OnnxGraph, float: Weights["float"], x: Value): Value => {
  const erf = graph.op("Erf", [graph.op("Div", [x, graph.scalar(Math.SQRT2, float)])])
  return graph.op("Mul", [
    graph.op("Mul", [x, graph.op("Add", [erf, graph.scalar(1, float)])]),
    graph.scalar(0.5, float)
  ])
}
