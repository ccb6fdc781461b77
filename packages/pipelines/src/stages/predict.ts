import { loadClassifier, type TextEntity } from "@nuner/classifier"
import { InputError } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { type InputText, type Predicted, predicted } from "../inputs/texts.ts"
import { Progress } from "../services/Progress.ts"

/** A text with what the model found in it; spans are UTF-16 units. */
export type Prediction = Predicted<TextEntity>

/** Texts read at a time. */
const CHUNK = 64

/** The entities of each text, given to `onPrediction` as they come. */
export const predictStage = Effect.fn("predictStage")(function* (options: {
  /** A model directory of `nuner fit`. */
  readonly model: string
  readonly texts: AsyncIterable<InputText | string> | Iterable<InputText | string>
  readonly minScore: number
  readonly onPrediction: (prediction: Prediction) => void
}) {
  const progress = yield* Progress
  yield* attempt("predict", async (signal) => {
    const classifier = await loadClassifier(options.model)
    if (classifier.head.classes.length < 2) {
      classifier.dispose()
      const reason = "knows no type: it was trained on data without an entity"
      throw new InputError({ source: options.model, reason, remedy: "train it on labelled data" })
    }
    let held: Array<InputText> = []
    let done = 0
    const flush = async () => {
      const all = await classifier.predict(
        held.map(({ text }) => text),
        { minScore: options.minScore, signal }
      )
      for (const [i, entities] of all.entries()) options.onPrediction(predicted(held[i]!, entities))
      done += held.length
      progress.update({ stage: "predict", done })
      held = []
    }
    try {
      for await (const text of options.texts) {
        if (held.push(typeof text === "string" ? { text } : text) === CHUNK) await flush()
      }
      if (held.length > 0) await flush()
    } finally {
      classifier.dispose()
    }
  })
})
