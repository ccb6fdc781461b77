import { forward, type Model } from "@nuner/encoder"
import {
  type DropoutKey,
  gelu,
  layerNorm,
  linear,
  linearCrossEntropy,
  normalInit,
  type Parameters,
  tf
} from "@nuner/engine"

/**
 * RoBERTa's language-model head: dense, GELU, LayerNorm, then the embedding table as output layer. Named as in a checkpoint of
 * `RobertaForMaskedLM`; kernels `[in, out]`.
 */
export const initLanguageHead = (hidden: number, vocabulary: number, seed: number): Parameters =>
  tf.tidy(() => ({
    "lm_head.dense.weight": tf.variable(
      normalInit([hidden, hidden], { seed, name: "lm_head.dense" }, 1 / Math.sqrt(hidden))
    ),
    "lm_head.dense.bias": tf.variable(tf.zeros([hidden])),
    "lm_head.layer_norm.weight": tf.variable(tf.ones([hidden])),
    "lm_head.layer_norm.bias": tf.variable(tf.zeros([hidden])),
    "lm_head.bias": tf.variable(tf.zeros([vocabulary]))
  }))

/** Rows of tokens, and which of them are predicted. */
export interface LanguageBatch {
  /** `[rows, tokens]` */
  readonly ids: Int32Array
  readonly rows: number
  readonly tokens: number
  /** Flat positions whose vector predicts, and what it should predict. */
  readonly positions: Int32Array
  readonly targets: Int32Array
  /** Left to right, each token from those before it; otherwise masked. */
  readonly causal: boolean
}

/** Mean cross-entropy of the predicted tokens against the vocabulary, a scalar. */
export const languageLoss = (model: Model, head: Parameters, batch: LanguageBatch, dropout?: DropoutKey): tf.Scalar =>
  tf.tidy(() => {
    const { causal, ids, positions, rows, targets, tokens } = batch
    const mask = new Int32Array(rows * tokens).fill(1)
    const [states] = forward(model, { ids, mask, rows, tokens }, { causal, ...(dropout ? { dropout } : {}) })
    const { hidden, layerNormEps } = model.config
    const chosen = tf.gather(
      tf.reshape(states!, [rows * tokens, hidden]) as tf.Tensor2D,
      tf.tensor1d(positions, "int32")
    ) // [predicted, hidden]
    const dense = gelu(linear(chosen, head["lm_head.dense.weight"]!, head["lm_head.dense.bias"]))
    const h = layerNorm(dense, head["lm_head.layer_norm.weight"]!, head["lm_head.layer_norm.bias"]!, layerNormEps)
    const u = model.parameters["embeddings.word_embeddings.weight"] as tf.Variable & tf.Tensor2D
    return linearCrossEntropy({ h, u, bias: head["lm_head.bias"]! }, targets)
  })
