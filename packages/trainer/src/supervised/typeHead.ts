import { forward, type Model, type TokenBatch, tokenBatch } from "@nuner/encoder"
import { crossEntropy, type DropoutKey, dropout, fanInInit, linear, type Parameters, tf } from "@nuner/engine"
import type { LabelledExample } from "./labelledExamples.ts"
import type { TypeClasses } from "./typeClasses.ts"

/** A linear layer over the last hidden state that is dropped after pre-training. */
export const initTypeHead = (hidden: number, classes: number, seed: number): Parameters =>
  tf.tidy(() => ({
    "head.weight": tf.variable(fanInInit([hidden, classes], { seed, name: "head" })),
    "head.bias": tf.variable(tf.zeros([classes]))
  }))

/** The encoder under training, its head, and what each dataset's tokens choose among. */
export interface TypeModel {
  readonly encoder: Model
  readonly head: Parameters
  /** Added to the logits of a dataset's tokens: 0 for `NONE` and its own types, -1e9 for those of others `[datasets, classes]`. */
  readonly scopes: Float32Array
  readonly datasets: number
  readonly frozenLayers: number | undefined
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

export const labelledBatch = (examples: ReadonlyArray<LabelledExample>, padId: number): LabelledBatch => {
  const text = tokenBatch(
    examples.map(({ ids }) => ids),
    padId
  )
  const labels = new Int32Array(text.rows * text.tokens).fill(-100)
  for (const [row, example] of examples.entries()) labels.set(example.labels, row * text.tokens)
  return { text, labels, datasets: Int32Array.from(examples, ({ dataset }) => dataset) }
}

/** Class logits of every token of a batch `[rows * tokens, classes]`. */
export const typeLogits = (model: TypeModel, { datasets, text }: LabelledBatch, key?: DropoutKey): tf.Tensor2D =>
  tf.tidy(() => {
    const { config } = model.encoder
    const [states] = forward(model.encoder, text, {
      ...(key ? { dropout: { ...key, site: `${key.site}/encoder` } } : {}),
      ...(model.frozenLayers === undefined ? {} : { frozenLayers: model.frozenLayers })
    })
    const flat = tf.reshape(states!, [text.rows * text.tokens, config.hidden]) as tf.Tensor2D
    const h = key && config.dropout > 0 ? dropout(flat, config.dropout, { ...key, site: `${key.site}/head` }) : flat
    const logits = linear(h, model.head["head.weight"]!, model.head["head.bias"]) as tf.Tensor2D
    if (model.datasets === 1) return logits
    const classes = logits.shape[1]
    const rows = new Int32Array(text.rows * text.tokens)
    for (const [row, dataset] of datasets.entries()) rows.fill(dataset, row * text.tokens, (row + 1) * text.tokens)
    const scopes = tf.gather(tf.tensor2d(model.scopes, [model.datasets, classes]), tf.tensor1d(rows, "int32"))
    return tf.add(logits, scopes)
  })

/** Mean cross-entropy over the tokens that count. */
export const typeLoss = (model: TypeModel, batch: LabelledBatch, key?: DropoutKey): tf.Scalar =>
  tf.tidy(() => crossEntropy(typeLogits(model, batch, key), batch.labels))
