import { normalInit, type Parameters, tf } from "@nuner/engine"
import type { GlinerConfig } from "./GlinerConfig.ts"
import { LABELS_PROJECTION } from "./LabelVectors.ts"

/** A parameter behind the encoder, by its name in GLiNER's checkpoints. */
export interface HeadParameter {
  readonly name: string
  /** A linear kernel is `[in, out]`. */
  readonly shape: ReadonlyArray<number>
  /** A linear kernel is `[out, in]` in files. */
  readonly transposed: boolean
  /** First values lie around 0 with the deviation of PyTorch's: uniform up to `1 / sqrt(fanIn)`. */
  readonly fanIn: number
}

/** Before the names of the encoder's own parameters. */
export const ENCODER_PREFIX = "token_rep_layer.bert_layer.model."

/**
 * Everything that is learned behind an encoder of width `encoderHidden`, in the order of the forward pass.
 *
 * @param labelsHidden width of the encoder for types, where they have one
 */
export const headParameters = (
  config: GlinerConfig,
  encoderHidden: number,
  labelsHidden = config.hidden
): Array<HeadParameter> => {
  const d = config.hidden
  const linear = (name: string, inputs: number, outputs: number): Array<HeadParameter> => [
    { name: `${name}.weight`, shape: [inputs, outputs], transposed: true, fanIn: inputs },
    { name: `${name}.bias`, shape: [outputs], transposed: false, fanIn: inputs }
  ]
  const network = (name: string, inputs: number, middle: number, outputs: number) => [
    ...linear(`${name}.0`, inputs, middle),
    ...linear(`${name}.3`, middle, outputs)
  ]
  const direction = (suffix: string): Array<HeadParameter> =>
    (["weight_ih", "weight_hh", "bias_ih", "bias_hh"] as const).map((part) => {
      const inputs = part === "weight_ih" ? d : d / 2
      const kernel = part.startsWith("weight")
      return {
        name: `rnn.lstm.${part}_l0${suffix}`,
        shape: kernel ? [inputs, 2 * d] : [2 * d],
        transposed: kernel,
        fanIn: d / 2
      }
    })
  const ends = (middle: number) =>
    ["project_start", "project_end"].flatMap((end) => network(`span_rep_layer.span_rep_layer.${end}`, d, middle, d))
  const out = "span_rep_layer.span_rep_layer.out_project"
  const heads = {
    marker: () => [...ends(2 * d), ...linear(out, 2 * d, d), ...network("prompt_rep_layer", d, 4 * d, d)],
    markerV0: () => [...ends(4 * d), ...network(out, 2 * d, 4 * d, d), ...network("prompt_rep_layer", d, 4 * d, d)],
    token_level: () => [
      ...linear("scorer.proj_token", d, 2 * d),
      ...linear("scorer.proj_label", d, 2 * d),
      ...network("scorer.out_mlp", 3 * d, 4 * d, 3)
    ]
  }
  return [
    ...(encoderHidden === d ? [] : linear("token_rep_layer.projection", encoderHidden, d)),
    ...(labelsHidden === d ? [] : linear(LABELS_PROJECTION, labelsHidden, d)),
    ...(config.lstm ? [...direction(""), ...direction("_reverse")] : []),
    ...heads[config.spanMode]()
  ]
}

/** Random ones; a weight depends on the seed and its name alone. The caller disposes them. */
export const initHead = (config: GlinerConfig, encoderHidden: number, seed: number): Parameters =>
  Object.fromEntries(
    headParameters(config, encoderHidden).map(({ fanIn, name, shape }) => {
      const deviation = 1 / Math.sqrt(3 * fanIn)
      return [name, tf.tidy(() => tf.variable(normalInit(shape, { seed, name }, deviation)))]
    })
  )
