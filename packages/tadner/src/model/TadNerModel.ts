import { copyEncoder, type Encoder, type EncoderParts } from "@nuner/encoder"
import { normalInit, type Parameters, tf } from "@nuner/engine"
import { type SpanScheme, tagsOf } from "../words/spanTags.ts"

/** Stage 1: an encoder, dropout, and a linear layer to the tags of spans. */
export interface SpanDetector {
  readonly encoder: Encoder
  /** `[hidden, tags]` */
  readonly kernel: tf.Variable
  /** `[tags]` */
  readonly bias: tf.Variable
  readonly scheme: SpanScheme
  /** Rate of dropout before the linear layer, in training. */
  readonly dropout: number
}

/** TadNER's two networks. They share nothing but the tokenizer. */
export interface TadNerModel {
  readonly detector: SpanDetector
  /** Stage 2: the encoder of words and of type names. */
  readonly classifier: Encoder
  /** Frees both networks. */
  dispose(): void
}

export interface NewModelOptions {
  readonly scheme: SpanScheme
  /** Before the detector's linear layer. Default 0.2. */
  readonly headDropout?: number
  /** Of the linear layer's first weights. Default 0. */
  readonly seed?: number
}

/** Two copies of an encoder, one with a fresh linear layer on it: what source training starts from. The encoder stays as it is. */
export const newModel = (
  encoder: EncoderParts,
  { headDropout = 0.2, scheme, seed = 0 }: NewModelOptions
): TadNerModel => {
  const { hidden, initializerRange } = encoder.config
  const tags = tagsOf(scheme).length
  const key = { seed, name: "tadner.detector" }
  return assemble(
    {
      encoder: copyEncoder(encoder),
      kernel: tf.tidy(() => tf.variable(normalInit([hidden, tags], key, initializerRange))),
      bias: tf.tidy(() => tf.variable(tf.zeros([tags]))),
      scheme,
      dropout: headDropout
    },
    copyEncoder(encoder)
  )
}

/** Puts the parts together; the model owns them from here on. */
export const assemble = (detector: SpanDetector, classifier: Encoder): TadNerModel => ({
  detector,
  classifier,
  dispose: () => {
    detector.encoder.dispose()
    tf.dispose([detector.kernel, detector.bias])
    classifier.dispose()
  }
})

/** A model with the same weights and variables of its own. */
export const copyModel = ({ classifier, detector }: TadNerModel): TadNerModel =>
  assemble(
    {
      ...detector,
      encoder: copyEncoder(detector.encoder),
      kernel: copyVariable(detector.kernel),
      bias: copyVariable(detector.bias)
    },
    copyEncoder(classifier)
  )

/** Everything in the detector that is trained, by name. */
export const detectorParameters = ({ bias, encoder, kernel }: SpanDetector): Parameters => ({
  ...encoder.parameters,
  "detector.weight": kernel,
  "detector.bias": bias
})

/** Through the host: an optimizer that works in place must not reach the original. */
const copyVariable = (variable: tf.Variable): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(variable.dataSync()), variable.shape)))
