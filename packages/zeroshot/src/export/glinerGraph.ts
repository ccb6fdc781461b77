import { drawEncoder, type EncoderConfig, OnnxGraph, type Value, type Weights } from "@nuner/encoder"
import type { Parameters } from "@nuner/engine"
import type { GlinerConfig } from "../gliner/GlinerConfig.ts"

export interface GlinerGraphParts {
  readonly config: GlinerConfig
  readonly encoder: EncoderConfig
  readonly head: Parameters
  /** The id of the mark before a type. */
  readonly typeId: number
}

/**
 * A model as one ONNX graph with the inputs and the output that GLiNER's exports have: `input_ids`, `attention_mask`, `words_mask` `[batch, sequence]`
 * (1, 2, ... at the first sub-token of each word, else 0), `text_lengths` `[batch, 1]`, for spans also `span_idx` `[batch, spans, 2]` and `span_mask`
 * `[batch, spans]`, to `logits`: `[batch, words, width, types]`, or `[batch, words, types, 3]` where words are scored.
 */
export const glinerGraph = (parts: GlinerGraphParts, weightsOf: (graph: OnnxGraph) => Weights): OnnxGraph => {
  const { config, encoder, head, typeId } = parts
  const graph = new OnnxGraph()
  const weights = weightsOf(graph)
  const states = drawEncoder(graph, weights, encoder)
  const wordsMask = graph.input("words_mask", "int64", ["batch", "sequence"])
  const lengths = graph.input("text_lengths", "int64", ["batch", "one"])
  const draw = drawing(graph, weights)
  const ids = "input_ids"

  // Where each word's first sub-token and each type's mark stand, numbered from 1; column 0 gathers everything else.
  const places = draw.placesLike(ids)
  const longest = graph.op("ReduceMax", [lengths], { keepdims: 0 })
  const wordAt = draw.scatterPlaces(wordsMask, places, longest)
  const isType = graph.cast(graph.op("Equal", [ids, graph.int64(typeId)]), "int64")
  const typeRank = graph.op("Mul", [graph.op("CumSum", [isType, graph.int64(1)]), isType])
  const marks = draw.scatterPlaces(typeRank, places, graph.op("ReduceMax", [typeRank], { keepdims: 0 }))
  const typeAt = config.typeVector === "mark" ? marks : graph.op("Add", [marks, graph.int64(1)])

  const projected = head["token_rep_layer.projection.weight"]
    ? weights.linear("token_rep_layer.projection", states, true)
    : states
  // A word that was cut off has no place (0, where [CLS] stands), and a vector of zeros.
  const present = graph.cast(graph.op("Greater", [wordAt, graph.int64(0)]), weights.float)
  const seen = graph.op("Mul", [draw.gather(projected, wordAt), draw.last(present)])
  const words = config.lstm ? lstm(graph, weights, head, seen, lengths) : seen // [batch, words, D]
  const types = draw.gather(projected, typeAt) // [batch, types, D]
  const last = ["batch", "words", ...(config.spanMode === "token_level" ? ["types", 3] : [config.maxWidth, "types"])]
  const logits =
    config.spanMode === "token_level"
      ? tokenScores(graph, weights, words, types)
      : spanScores(graph, weights, config, words, types)
  graph.output(graph.cast(logits, "float32"), "logits", "float32", last)
  return graph
}

/** Steps that several parts share. */
const drawing = (graph: OnnxGraph, weights: Weights) => {
  const shapeOf = (x: Value, start: number, end: number) => graph.op("Shape", [x], { start, end })
  const last = (x: Value): Value => graph.op("Unsqueeze", [x, graph.int64s([-1])])
  const network = (name: string, x: Value): Value =>
    weights.linear(`${name}.3`, graph.op("Relu", [weights.linear(`${name}.0`, x, true)]), true)
  return {
    last,
    network,
    /** 0, 1, 2, ... along the second axis: `[batch, sequence]`. */
    placesLike: (ids: Value): Value => {
      const length = graph.op("Squeeze", [shapeOf(ids, 1, 2)])
      const range = graph.op("Range", [graph.int64(0), length, graph.int64(1)])
      return graph.op("Expand", [range, graph.op("Shape", [ids])])
    },
    /** The place at which each number from 1 to `count` stands in `numbers` `[batch, sequence]`: `[batch, count]`; 0: nowhere. */
    scatterPlaces: (numbers: Value, places: Value, count: Value): Value => {
      const columns = graph.op("Reshape", [graph.op("Add", [count, graph.int64(1)]), graph.int64s([1])])
      const shape = graph.op("Concat", [shapeOf(numbers, 0, 1), columns], { axis: 0 })
      const empty = graph.op("Expand", [graph.int64(0), shape])
      const filled = graph.op("ScatterElements", [empty, numbers, places], { axis: 1 })
      const end = graph.int64s([Number.MAX_SAFE_INTEGER])
      return graph.op("Slice", [filled, graph.int64s([1]), end, graph.int64s([1])])
    },
    /** Rows of `x` `[batch, sequence, width]` at `[batch, count]`: `[batch, count, width]`. */
    gather: (x: Value, at: Value): Value => graph.op("GatherND", [x, last(at)], { batch_dims: 1 })
  }
}

/** As `biLstm`: `[batch, words, D]`. ONNX's gates are i, o, f, c where PyTorch's are i, f, c, o. */
const lstm = (graph: OnnxGraph, weights: Weights, head: Parameters, x: Value, lengths: Value): Value => {
  const name = (part: string, suffix: string) => `rnn.lstm.${part}_l0${suffix}`
  const [inputs, wide] = head[name("weight_ih", "")]!.shape as [number, number]
  const hidden = wide / 4
  const order = [0, 3, 1, 2]
  /** `[2, 4 hidden, width]` of both directions, from kernels `[width, 4 hidden]`. */
  const kernels = (part: string, width: number): Value =>
    graph.tensor(`rnn.lstm.${part}`, "float32", [2, wide, width], async () => {
      const all = new Float32Array(2 * wide * width)
      for (const [direction, suffix] of ["", "_reverse"].entries()) {
        const kernel = await head[name(part, suffix)]!.data()
        for (let row = 0; row < wide; row++) {
          const column = order[Math.floor(row / hidden)]! * hidden + (row % hidden)
          for (let i = 0; i < width; i++) all[(direction * wide + row) * width + i] = kernel[i * wide + column]!
        }
      }
      return new Uint8Array(all.buffer)
    })
  /** `[2, 8 hidden]`: the biases of inputs, then those of states. */
  const biases = graph.tensor("rnn.lstm.biases", "float32", [2, 2 * wide], async () => {
    const all: Array<number> = []
    for (const suffix of ["", "_reverse"]) {
      for (const part of ["bias_ih", "bias_hh"]) {
        const bias = await head[name(part, suffix)]!.data()
        for (const gate of order) all.push(...bias.slice(gate * hidden, (gate + 1) * hidden))
      }
    }
    return new Uint8Array(Float32Array.from(all).buffer)
  })
  const steps = graph.op("Transpose", [graph.cast(x, "float32")], { perm: [1, 0, 2] }) // [words, batch, D]
  const counts = graph.cast(graph.op("Reshape", [lengths, graph.int64s([-1])]), "int32")
  const [outputs] = graph.ops(
    "LSTM",
    [steps, kernels("weight_ih", inputs), kernels("weight_hh", hidden), biases, counts],
    1,
    {
      hidden_size: hidden,
      direction: { text: "bidirectional" }
    }
  ) // [words, 2, batch, hidden]
  const beside = graph.op("Transpose", [outputs!], { perm: [2, 0, 1, 3] })
  return graph.cast(graph.op("Reshape", [beside, graph.int64s([0, 0, 2 * hidden])]), weights.float)
}

/** As `spanLogits`, of the spans that are given: `[batch, words, width, types]`. */
const spanScores = (
  graph: OnnxGraph,
  weights: Weights,
  { maxWidth, spanMode }: GlinerConfig,
  words: Value,
  types: Value
): Value => {
  const draw = drawing(graph, weights)
  const spans = graph.input("span_idx", "int64", ["batch", "spans", 2])
  const mask = graph.cast(graph.input("span_mask", "bool", ["batch", "spans"]), "int64")
  const at = "span_rep_layer.span_rep_layer"
  const end = (name: string, which: number): Value => {
    const index = graph.op("Mul", [graph.op("Gather", [spans, graph.int64(which)], { axis: 2 }), mask])
    return draw.gather(draw.network(`${at}.${name}`, words), index)
  }
  const pair = graph.op("Relu", [graph.op("Concat", [end("project_start", 0), end("project_end", 1)], { axis: -1 })])
  const out = `${at}.out_project`
  const span = spanMode === "marker" ? weights.linear(out, pair, true) : draw.network(out, pair) // [batch, spans, D]
  const query = graph.op("Transpose", [draw.network("prompt_rep_layer", types)], { perm: [0, 2, 1] })
  const scores = graph.op("MatMul", [span, query]) // [batch, spans, types]
  const batch = graph.op("Shape", [scores], { start: 0, end: 1 })
  const count = graph.op("Shape", [scores], { start: 2, end: 3 })
  return graph.op("Reshape", [scores, graph.op("Concat", [batch, graph.int64s([-1, maxWidth]), count], { axis: 0 })])
}

/** As `tokenLogits`: `[batch, words, types, 3]`. */
const tokenScores = (graph: OnnxGraph, weights: Weights, words: Value, types: Value): Value => {
  const halves = (name: string, x: Value, axis: number) =>
    graph
      .ops("Split", [weights.linear(name, x, true)], 2, { axis: -1 })
      .map((half) => graph.op("Unsqueeze", [half, graph.int64s([axis])])) as [Value, Value]
  const [a, second] = halves("scorer.proj_token", words, 2) // [batch, words, 1, D]
  const [u, other] = halves("scorer.proj_label", types, 1) // [batch, 1, types, D]
  const product = graph.op("Mul", [second, other]) // [batch, words, types, D]
  const shape = graph.op("Shape", [product])
  const wide = (x: Value) => graph.op("Expand", [x, shape])
  const all = graph.op("Concat", [wide(a), wide(u), product], { axis: -1 })
  return drawing(graph, weights).network("scorer.out_mlp", all)
}
