import type { EncoderConfig } from "../config/EncoderConfig.ts"

/** A parameter as it stands in memory. */
export interface ParameterSpec {
  /** As in a Hugging Face checkpoint, without the `roberta.` or `bert.` prefix. */
  readonly name: string
  /** A linear kernel is `[in, out]`. */
  readonly shape: ReadonlyArray<number>
  /** A linear kernel is `[out, in]` in files. */
  readonly transposed: boolean
  readonly initial: "normal" | "zeros" | "ones"
}

/** Every parameter of an encoder, in the order of the forward pass. */
export const parameterSpecs = (config: EncoderConfig): Array<ParameterSpec> => {
  const { vocabSize, hidden, layers, feedForward, positions, typeVocab } = config
  const table = (name: string, rows: number): ParameterSpec => ({
    name: `embeddings.${name}.weight`,
    shape: [rows, hidden],
    transposed: false,
    initial: "normal"
  })
  const linear = (name: string, from: number, to: number): Array<ParameterSpec> => [
    { name: `${name}.weight`, shape: [from, to], transposed: true, initial: "normal" },
    { name: `${name}.bias`, shape: [to], transposed: false, initial: "zeros" }
  ]
  const norm = (name: string): Array<ParameterSpec> => [
    { name: `${name}.weight`, shape: [hidden], transposed: false, initial: "ones" },
    { name: `${name}.bias`, shape: [hidden], transposed: false, initial: "zeros" }
  ]
  const layer = (index: number): Array<ParameterSpec> => {
    const at = layerPrefix(index)
    return [
      ...linear(`${at}.attention.self.query`, hidden, hidden),
      ...linear(`${at}.attention.self.key`, hidden, hidden),
      ...linear(`${at}.attention.self.value`, hidden, hidden),
      ...linear(`${at}.attention.output.dense`, hidden, hidden),
      ...norm(`${at}.attention.output.LayerNorm`),
      ...linear(`${at}.intermediate.dense`, hidden, feedForward),
      ...linear(`${at}.output.dense`, feedForward, hidden),
      ...norm(`${at}.output.LayerNorm`)
    ]
  }
  return [
    table("word_embeddings", vocabSize),
    table("position_embeddings", positions),
    table("token_type_embeddings", typeVocab),
    ...norm("embeddings.LayerNorm"),
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat()
  ]
}

export const layerPrefix = (index: number): string => `encoder.layer.${index}`

/** The names of the embeddings and of the bottom `layers` layers: what the paper freezes with `layers = 6` (section 3.2). */
export const bottomParameters = (config: EncoderConfig, layers: number): Array<string> => {
  const prefixes = ["embeddings.", ...Array.from({ length: layers }, (_, index) => `${layerPrefix(index)}.`)]
  return parameterSpecs(config)
    .map(({ name }) => name)
    .filter((name) => prefixes.some((prefix) => name.startsWith(prefix)))
}

/** How many numbers an encoder has. */
export const countParameters = (config: EncoderConfig): number =>
  parameterSpecs(config).reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0)
