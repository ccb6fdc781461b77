import { backboneOf } from "../backbones/backbones.ts"
import type { Parts } from "../backbones/Parts.ts"
import type { EncoderConfig } from "../config/EncoderConfig.ts"

/** A parameter as it stands in memory. */
export interface ParameterSpec {
  /** As in a Hugging Face checkpoint, without the prefix of models with a head (`roberta.`). */
  readonly name: string
  /** A linear kernel is `[in, out]`. */
  readonly shape: ReadonlyArray<number>
  /** A linear kernel is `[out, in]` in files. */
  readonly transposed: boolean
  readonly initial: "normal" | "zeros" | "ones"
  /** The row of a table that is padding's, and starts as zeros. */
  readonly paddingRow?: number
}

/** Every parameter of an encoder, in the order of the forward pass. */
export const parameterSpecs = (config: EncoderConfig): Array<ParameterSpec> => {
  const { embeddings, layers, shared } = groups(config)
  return [...embeddings, ...shared, ...layers.flat()]
}

/** The names of the embeddings and of the bottom `layers` layers: what the paper freezes with `layers = 6` (section 3.2). */
export const bottomParameters = (config: EncoderConfig, layers: number): Array<string> => {
  const all = groups(config)
  // What layers share is used above too, unless all are at the bottom.
  const shared = layers < config.layers ? [] : all.shared
  return [...all.embeddings, ...shared, ...all.layers.slice(0, layers).flat()].map(({ name }) => name)
}

/** The names of what one layer has to itself, 0 the lowest. */
export const layerParameters = (config: EncoderConfig, layer: number): Array<string> =>
  groups(config).layers[layer]!.map(({ name }) => name)

/** How many numbers an encoder has. */
export const countParameters = (config: EncoderConfig): number =>
  parameterSpecs(config).reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0)

/** Walks the backbone, a part at a time. */
const groups = (config: EncoderConfig) => {
  const backbone = backboneOf(config)
  const collect = (walk: (parts: Parts<number>) => unknown): Array<ParameterSpec> => {
    // By name: a layer may be used twice.
    const specs = new Map<string, ParameterSpec>()
    walk(specParts(config, (spec) => specs.set(spec.name, spec)))
    return [...specs.values()]
  }
  return {
    embeddings: collect((parts) => backbone.embed(parts, config)),
    shared: collect((parts) => backbone.shared?.(parts, config)),
    layers: Array.from({ length: config.layers }, (_, index) =>
      collect((parts) => backbone.layer(parts, config, index, config.hidden, config.hidden))
    )
  }
}

/** Parts that tell of their parameters; a value is its width. */
const specParts = (config: EncoderConfig, tell: (spec: ParameterSpec) => void): Parts<number> => {
  const table = (name: string, rows: number, width: number, paddingRow?: number): number => {
    const padding = paddingRow === undefined ? {} : { paddingRow }
    tell({ name: `${name}.weight`, shape: [rows, width], transposed: false, initial: "normal", ...padding })
    return width
  }
  const vector = (name: string, width: number, initial: "zeros" | "ones") =>
    tell({ name, shape: [width], transposed: false, initial })
  const { counting } = backboneOf(config)
  return {
    words: (name, width) => table(name, config.vocabSize, width, config.padId),
    positions: (name, width) => table(name, config.positions, width, counting === "tokens" ? config.padId : undefined),
    types: (name, rows, width) => table(name, rows, width),
    table: (name, rows, width) => table(name, rows, width),
    linear: (name, x, width, bias = true) => {
      tell({ name: `${name}.weight`, shape: [x, width], transposed: true, initial: "normal" })
      if (bias) vector(`${name}.bias`, width, "zeros")
      return width
    },
    norm: (name, x, bias = true) => {
      vector(`${name}.weight`, x, "ones")
      if (bias) vector(`${name}.bias`, x, "zeros")
      return x
    },
    gelu: (x) => x,
    add: (x) => x,
    multiply: (x) => x,
    split: (x, count) => Array.from({ length: count }, () => x / count),
    rotary: (x) => x,
    dropout: (_site, x) => x,
    attention: (_site, _q, _k, v) => v,
    relativeBias: (name, { count }) => table(name, count, config.heads),
    disentangledBias: () => 0
  }
}
