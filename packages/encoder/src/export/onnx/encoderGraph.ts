import { OnnxGraph, type Value } from "@nuner/engine"
import { backboneOf } from "../../backbones/backbones.ts"
import type { DistanceBuckets, Parts } from "../../backbones/Parts.ts"
import type { EncoderConfig } from "../../config/EncoderConfig.ts"
import type { Weights } from "./Weights.ts"

/** A token classifier's head: its weights are `classifier` and, where it has a hidden layer, `dense`. */
export interface HeadShape {
  readonly labels: number
  /** Hidden states that it reads side by side, -1 the last. */
  readonly layers: ReadonlyArray<number>
  /** Whether `gelu(x W + b)` comes before the labels. */
  readonly dense: boolean
}

/**
 * The forward pass as an ONNX graph: `input_ids` and `attention_mask` `[batch, sequence]`, where the tokenizer types tokens also
 * `token_type_ids`, all int64, to `last_hidden_state` `[batch, sequence, hidden]` or, with a head, `logits` `[batch, sequence, labels]`, float32.
 */
export const encoderGraph = (
  config: EncoderConfig,
  head: HeadShape | undefined,
  weightsOf: (graph: OnnxGraph) => Weights
): OnnxGraph => {
  const graph = new OnnxGraph()
  const weights = weightsOf(graph)
  const states = hiddenStates(graph, weights, config)
  const [result, name, width] = head
    ? ([logits(graph, weights, head, states), "logits", head.labels] as const)
    : ([states.at(-1)!, "last_hidden_state", config.hidden] as const)
  graph.output(graph.cast(result, "float32"), name, "float32", ["batch", "sequence", width])
  return graph
}

const logits = (
  graph: OnnxGraph,
  weights: Weights,
  { dense, layers }: HeadShape,
  states: ReadonlyArray<Value>
): Value => {
  const read = layers.map((layer) => states.at(layer)!)
  const x = read.length === 1 ? read[0]! : graph.op("Concat", read, { axis: -1 })
  return weights.head("classifier", dense ? gelu(graph, weights.float, weights.head("dense", x)) : x)
}

/**
 * The forward pass as an ONNX graph that gives every hidden state, `config.layers + 1` outputs `[batch, sequence, hidden]` from the
 * embeddings' on; inputs as of `encoderGraph`. For ONNX Runtime alone: attention is an operator of its own.
 */
export const statesGraph = (config: EncoderConfig, weightsOf: (graph: OnnxGraph) => Weights): OnnxGraph => {
  const graph = new OnnxGraph()
  for (const name of hiddenStates(graph, weightsOf(graph), config, { fused: true })) {
    graph.outputs.push({ name, type: "float32", shape: ["batch", "sequence", config.hidden] })
  }
  return graph
}

/** Draws the forward pass into a graph that has more in it. @returns the last hidden state, `[batch, sequence, hidden]` */
export const drawEncoder = (graph: OnnxGraph, weights: Weights, config: EncoderConfig): Value =>
  hiddenStates(graph, weights, config).at(-1)!

interface Drawing {
  /** Whether attention may be drawn as ONNX Runtime's operator. */
  readonly fused: boolean
}

const hiddenStates = (
  graph: OnnxGraph,
  weights: Weights,
  config: EncoderConfig,
  drawing: Drawing = { fused: false }
): Array<Value> => {
  const parts = onnxParts(graph, weights, config, drawing)
  const backbone = backboneOf(config)
  const states = [backbone.embed(parts, config)]
  const shared = backbone.shared?.(parts, config)
  for (let index = 0; index < config.layers; index++)
    states.push(backbone.layer(parts, config, index, states.at(-1)!, shared))
  return states
}

/** Parts that draw: a value is the name of a node's result. What is drawn in every layer alike, ONNX Runtime computes once. */
const onnxParts = (graph: OnnxGraph, weights: Weights, config: EncoderConfig, { fused }: Drawing): Parts<Value> => {
  const { heads, hidden, layerNormEps } = config
  const { float } = weights
  const { counting, tokenTypes } = backboneOf(config)
  const ids = graph.input("input_ids", "int64", ["batch", "sequence"])
  const mask = graph.input("attention_mask", "int64", ["batch", "sequence"])
  const padding = maskBias(graph, float, mask)
  const add = (x: Value, y: Value) => graph.op("Add", [x, y])
  const split = (x: Value, order: ReadonlyArray<number>): Value =>
    graph.op("Transpose", [graph.op("Reshape", [x, graph.int64s([0, 0, heads, hidden / heads])])], { perm: order })
  /** `key - query`: `[query, key]`. */
  const distances = (): Value => {
    const along = (axis: number) => graph.op("Unsqueeze", [places(graph, ids), graph.int64s([axis])])
    return graph.op("Sub", [along(0), along(1)])
  }
  /** The bucket of every pair of tokens: `[query, key]`. */
  const bucketed = ({ bucketOf, reach }: DistanceBuckets): Value => {
    const byDistance = graph.int64s(Array.from({ length: 2 * reach + 1 }, (_, i) => bucketOf(i - reach)))
    const near = graph.op("Clip", [distances(), graph.int64(-reach), graph.int64(reach)])
    return graph.op("Gather", [byDistance, add(near, graph.int64(reach))], { axis: 0 })
  }
  /** A large negative number for keys beyond the window: `[query, key]`. */
  const beyond = (window: number): Value => {
    const far = graph.op("Greater", [graph.op("Abs", [distances()]), graph.int64(window)])
    return graph.op("Mul", [graph.cast(far, float), graph.scalar(lowest(float), float)])
  }
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
    table: (name) => graph.op("Unsqueeze", [weights.vector(`${name}.weight`), graph.int64s([0])]),
    linear: (name, x, _width, bias = true) => weights.linear(name, x, bias),
    norm: (name, x, bias = true) => {
      const scale = [weights.vector(`${name}.weight`), ...(bias ? [weights.vector(`${name}.bias`)] : [])]
      return graph.op("LayerNormalization", [x, ...scale], { axis: -1, epsilon: { float: layerNormEps } })
    },
    gelu: (x) => gelu(graph, float, x),
    add,
    multiply: (x, y) => graph.op("Mul", [x, y]),
    split: (x, count) => graph.ops("Split", [x], count, { axis: -1 }),
    rotary: (x, theta) => rotary(graph, weights, config, places(graph, ids), x, theta),
    dropout: (_site, x) => x,
    attention: (_site, q, k, v, { bias, scale = 1 / Math.sqrt(hidden / heads), window } = {}) => {
      if (fused && bias === undefined && window === undefined)
        return fusedAttention(graph, mask, [q, k, v], heads, scale)
      const query = split(q, [0, 2, 1, 3]) // [batch, heads, sequence, d]
      const key = split(k, [0, 2, 3, 1]) // [batch, heads, d, sequence]
      const value = split(v, [0, 2, 1, 3])
      const scores = graph.op("Mul", [graph.op("MatMul", [query, key]), graph.scalar(scale, float)])
      const biased = bias === undefined ? scores : add(scores, bias)
      const near = window === undefined ? biased : add(biased, beyond(window))
      const attention = graph.op("Softmax", [add(near, padding)], { axis: -1 })
      const mixed = graph.op("Transpose", [graph.op("MatMul", [attention, value])], { perm: [0, 2, 1, 3] })
      return graph.op("Reshape", [mixed, graph.int64s([0, 0, hidden])])
    },
    relativeBias: (name, buckets) => {
      const bias = graph.op("Gather", [weights.vector(`${name}.weight`), bucketed(buckets)], { axis: 0 })
      return graph.op("Transpose", [bias], { perm: [2, 0, 1] }) // [heads, query, key]
    },
    disentangledBias: (q, k, tables, buckets, scale) => {
      const rows = bucketed(buckets) // [query, key]
      const byDistance = (x: Value, table: Value, at: Value): Value => {
        const products = graph.op("MatMul", [split(x, [0, 2, 1, 3]), split(table, [0, 2, 3, 1])]) // [batch, heads, sequence, rows]
        const square = graph.op(
          "Concat",
          [graph.op("Shape", [products], { end: 3 }), graph.op("Shape", [ids], { start: 1 })],
          {
            axis: 0
          }
        )
        return graph.op("GatherElements", [products, graph.op("Expand", [at, square])], { axis: -1 })
      }
      const contentToPosition = byDistance(q, tables.key, rows)
      const positionToContent = byDistance(k, tables.query, graph.op("Transpose", [rows], { perm: [1, 0] }))
      const sum = add(contentToPosition, graph.op("Transpose", [positionToContent], { perm: [0, 1, 3, 2] }))
      return graph.op("Mul", [sum, graph.scalar(scale, float)])
    }
  }
}

/**
 * Attention as one operator of ONNX Runtime. Without a mask it never holds all scores at once (Dao et al. 2022, FlashAttention), a fifth of the time of texts of
 * 512 tokens: so a batch without padding is read without one.
 */
const fusedAttention = (
  graph: OnnxGraph,
  mask: Value,
  inputs: ReadonlyArray<Value>,
  heads: number,
  scale: number
): Value => {
  const node = (inputs: ReadonlyArray<Value>) => ({
    operator: "com.microsoft.MultiHeadAttention",
    inputs,
    attributes: { num_heads: heads, scale: { float: scale } }
  })
  const least = graph.op("ReduceMin", [mask], { keepdims: 0 })
  return graph.either(graph.cast(least, "bool"), node(inputs), node([...inputs, "", graph.cast(mask, "int32")]))
}

/** 0 for a token, a large negative number for padding: `[batch, 1, 1, sequence]`. */
const maskBias = (graph: OnnxGraph, float: Weights["float"], mask: Value): Value => {
  const kept = graph.cast(graph.op("Unsqueeze", [mask, graph.int64s([1, 2])]), float)
  const padding = graph.op("Sub", [graph.scalar(1, float), kept])
  return graph.op("Mul", [padding, graph.scalar(lowest(float), float)])
}

/** What stands for minus infinity; two of them may be added. */
const lowest = (float: Weights["float"]): number => (float === "float16" ? -30_000 : -1e9)

/** As the function of the engine: `[batch, sequence, hidden]`. */
const rotary = (
  graph: OnnxGraph,
  { float }: Weights,
  { heads, hidden }: EncoderConfig,
  at: Value,
  x: Value,
  theta: number
): Value => {
  const half = hidden / heads / 2
  const frequencies = Float32Array.from({ length: half }, (_, i) => 1 / Math.fround(theta ** Math.fround(i / half)))
  const table = graph.tensor(`rotary ${theta}`, "float32", [half], async () => new Uint8Array(frequencies.buffer))
  const column = graph.op("Unsqueeze", [graph.cast(at, "float32"), graph.int64s([1])])
  const angle = graph.op("Unsqueeze", [graph.op("Mul", [column, table]), graph.int64s([1])]) // [sequence, 1, half]
  const [cosine, sine] = ["Cos", "Sin"].map((name) => graph.cast(graph.op(name, [angle]), float)) as [Value, Value]
  const [a, b] = graph.ops("Split", [graph.op("Reshape", [x, graph.int64s([0, 0, heads, 2 * half])])], 2, { axis: -1 })
  const product = (left: Value, right: Value) => graph.op("Mul", [left, right])
  const first = graph.op("Sub", [product(a!, cosine), product(b!, sine)])
  const second = graph.op("Add", [product(b!, cosine), product(a!, sine)])
  return graph.op("Reshape", [graph.op("Concat", [first, second], { axis: -1 }), graph.int64s([0, 0, hidden])])
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
