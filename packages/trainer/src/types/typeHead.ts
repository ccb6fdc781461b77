import { type TokenBatch, tokenBatch } from "@nuner/encoder"
import { crossEntropy, dropout, fanInInit, linear, type Parameters, tf } from "@nuner/engine"
import type { EncoderPass } from "../encoderPass.ts"
import type { ObjectiveContext } from "../Objective.ts"
import { IGNORED, type LabelledWindow } from "./labelledWindows.ts"
import type { TypeClasses } from "./typeClasses.ts"

/** A linear layer over the last hidden state that is dropped after pre-training. */
export const initTypeHead = (hidden: number, classes: number, seed: number): Parameters =>
  tf.tidy(() => ({
    "head.weight": tf.variable(fanInInit([hidden, classes], { seed, name: "head" })),
    "head.bias": tf.variable(tf.zeros([classes]))
  }))

/** The encoder under training, its head, and what each dataset's tokens choose among. */
export interface TypeModel {
  readonly encoder: EncoderPass
  readonly head: Parameters
  /** Rate of dropout before the head. */
  readonly dropout: number
  /** Added to the logits of a dataset's tokens: 0 for `NONE` and its own types, -1e9 for those of others `[datasets, classes]`. */
  readonly scopes: Float32Array
  readonly datasets: number
}

/** A token of one dataset is not said to be none of the types of another: nobody looked for these. */
export const scopesOf = ({ names, numbers }: TypeClasses): Float32Array => {
  const scopes = new Float32Array(numbers.size * names.length).fill(-1e9)
  for (const [place, types] of [...numbers.values()].entries()) {
    for (const column of [0, ...types.values()]) scopes[place * names.length + column] = 0
  }
  return scopes
}

export interface LabelledBatch {
  /** `[rows, tokens]` */
  readonly text: TokenBatch
  /** Class numbers `[rows * tokens]`; -100 does not count. */
  readonly labels: Int32Array
  /** The dataset of each row. */
  readonly datasets: Int32Array
}

export const labelledBatch = (windows: ReadonlyArray<LabelledWindow>, padId: number): LabelledBatch => {
  const text = tokenBatch(
    windows.map(({ ids }) => ids),
    padId
  )
  const labels = new Int32Array(text.rows * text.tokens).fill(IGNORED)
  for (const [row, window] of windows.entries()) labels.set(window.labels, row * text.tokens)
  return { text, labels, datasets: Int32Array.from(windows, ({ dataset }) => dataset) }
}

/** Class logits of every token of a batch `[rows * tokens, classes]`. */
export const typeLogits = (
  model: TypeModel,
  { datasets, text }: LabelledBatch,
  stream?: ObjectiveContext["dropout"]
): tf.Tensor2D =>
  tf.tidy(() => {
    const key = (site: string) => stream && { ...stream, site: `types/${site}` }
    const states = model.encoder(text, { dropout: key("encoder") }) // [rows, tokens, hidden]
    const flat = tf.reshape(states, [text.rows * text.tokens, states.shape[2]]) as tf.Tensor2D
    const h = stream ? dropout(flat, model.dropout, key("head")!) : flat
    const logits = linear(h, model.head["head.weight"]!, model.head["head.bias"]) as tf.Tensor2D
    if (model.datasets === 1) return logits
    const classes = logits.shape[1]
    const rows = new Int32Array(text.rows * text.tokens)
    for (const [row, dataset] of datasets.entries()) rows.fill(dataset, row * text.tokens, (row + 1) * text.tokens)
    const scopes = tf.gather(tf.tensor2d(model.scopes, [model.datasets, classes]), tf.tensor1d(rows, "int32"))
    return tf.add(logits, scopes)
  })

/** Mean cross-entropy over the tokens that count. */
export const typeLoss = (model: TypeModel, batch: LabelledBatch, stream?: ObjectiveContext["dropout"]): tf.Scalar =>
  tf.tidy(() => crossEntropy(typeLogits(model, batch, stream), batch.labels))
