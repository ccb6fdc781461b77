import {
  addLora,
  copyEncoder,
  type Encoder,
  type EncoderConfig,
  type EncoderParts,
  forward,
  freezeEncoder,
  type LoraSettings,
  tokenBatch
} from "@nuner/encoder"
import {
  crossEntropy,
  type DropoutStream,
  disposeAll,
  dropout,
  fanInInit,
  gelu,
  linear,
  type Parameters,
  tf
} from "@nuner/engine"
import type { Pooling } from "../features/FeatureOptions.ts"
import type { Dense, Head } from "../head/Head.ts"
import type { Example } from "./examples.ts"
import { wordVectors } from "./wordVectors.ts"

export interface NetworkSettings {
  readonly classes: ReadonlyArray<string>
  readonly layers: ReadonlyArray<number>
  readonly pooling: Pooling
  readonly headHidden: number
  readonly dropout: number
  /** Embeddings and this many bottom layers stay as they are. */
  readonly frozenLayers: number | undefined
  /** Of adapters that are trained in place of the encoder's weights. */
  readonly lora: LoraSettings | undefined
  readonly seed: number
}

/** An encoder of its own with a head on it, under training. */
export class Network {
  readonly encoder: Encoder
  /** Of encoder and head; the head's are `head.*`. */
  readonly parameters: Parameters
  readonly #settings: NetworkSettings

  /** Copies the encoder's parameters: the caller's stay as they are. */
  constructor(encoder: EncoderParts, settings: NetworkSettings) {
    this.#settings = settings
    const { frozenLayers, lora, seed } = settings
    const copy = copyEncoder(encoder)
    try {
      this.encoder = lora === undefined ? copy : addLora(copy, lora, { frozenLayers, seed })
    } catch (error) {
      copy.dispose()
      throw error
    }
    freezeEncoder(this.encoder, frozenLayers)
    this.parameters = { ...this.encoder.parameters, ...initHead(encoder.config, settings) }
  }

  /** Mean cross-entropy over the words of the examples. */
  loss(examples: ReadonlyArray<Example>, stream: DropoutStream, weights: Float32Array | undefined): tf.Scalar {
    const { layers, pooling, dropout: rate, frozenLayers } = this.#settings
    const batch = tokenBatch(
      examples.map(({ ids }) => ids),
      this.encoder.config.padId
    )
    const states = forward(this.encoder, batch, {
      layers,
      dropout: { ...stream, site: "encoder" },
      ...(frozenLayers === undefined ? {} : { frozenLayers })
    })
    const joined = states.length === 1 ? states[0]! : (tf.concat(states, 2) as tf.Tensor3D)
    const drop = (x: tf.Tensor2D, site: string) => (rate === 0 ? x : dropout(x, rate, { ...stream, site }))
    const dense = (x: tf.Tensor2D, name: string) =>
      linear(x, this.parameters[`head.${name}.weight`]!, this.parameters[`head.${name}.bias`]!)
    let x = drop(wordVectors(joined, examples, pooling), "head.dense") // [words, width]
    if (this.parameters["head.dense.weight"]) x = drop(gelu(dense(x, "dense")), "head.classifier")
    const labels = Int32Array.from(examples.flatMap(({ labels }) => [...labels]))
    return crossEntropy(dense(x, "classifier"), labels, weights ? { weights } : {})
  }

  /** The head as it stands. */
  async head(): Promise<Head> {
    const read = async (name: string): Promise<Dense> => ({
      kernel: Float32Array.from(await this.parameters[`head.${name}.weight`]!.data()),
      bias: Float32Array.from(await this.parameters[`head.${name}.bias`]!.data())
    })
    const { classes } = this.#settings
    const output = await read("classifier")
    return this.parameters["head.dense.weight"]
      ? { classes, dense: await read("dense"), ...output }
      : { classes, ...output }
  }

  /** Frees the head's tensors: the encoder is then someone else's. */
  disposeHead(): void {
    for (const [name, parameter] of Object.entries(this.parameters)) if (isHead(name)) parameter.dispose()
  }

  dispose(): void {
    disposeAll(this.parameters)
  }
}

export const isHead = (name: string): boolean => name.startsWith("head.")

/** Kernels of deviation 1 / sqrt(in), biases 0. */
const initHead = ({ hidden }: EncoderConfig, { classes, layers, headHidden, seed }: NetworkSettings): Parameters => {
  const width = hidden * layers.length
  const dense = (name: string, inputs: number, outputs: number): Parameters => ({
    [`head.${name}.weight`]: tf.tidy(() => tf.variable(fanInInit([inputs, outputs], { seed, name: `head.${name}` }))),
    [`head.${name}.bias`]: tf.tidy(() => tf.variable(tf.zeros([outputs])))
  })
  return headHidden === 0
    ? dense("classifier", width, classes.length)
    : { ...dense("dense", width, headHidden), ...dense("classifier", headHidden, classes.length) }
}
