import { loadClassifier, predictStream, type TextEntity } from "@nuner/classifier"
import { InputError } from "@nuner/core"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { type InputText, type Predicted, predicted } from "../inputs/texts.ts"
import { Progress } from "../services/Progress.ts"

/** A text with what the model found in it; spans are UTF-16 units. */
export type Prediction = Predicted<TextEntity>

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
    const onProgress = ({ texts }: { readonly texts: number }) => progress.update({ stage: "predict", done: texts })
    try {
      for await (const { entities, input } of predictStream(classifier, options.texts, {
        minScore: options.minScore,
        signal,
        onProgress
      })) {
        options.onPrediction(predicted(typeof input === "string" ? { text: input } : input, entities))
      }
    } finally {
      classifier.dispose()
    }
  })
})
