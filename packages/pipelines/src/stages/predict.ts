import { predictStream, type TextEntity } from "@nuner/classifier"
import { InputError } from "@nuner/core"
import type { ZeroShotType } from "@nuner/zeroshot"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { loadRecogniser } from "../inputs/loadRecogniser.ts"
import { type InputText, type Predicted, predicted } from "../inputs/texts.ts"
import { Progress } from "../services/Progress.ts"

/** A text with what the model found in it; spans are UTF-16 units. */
export type Prediction = Predicted<TextEntity>

/** The entities of each text, given to `onPrediction` as they come. */
export const predictStage = Effect.fn("predictStage")(function* (options: {
  /** A model directory: see `loadRecogniser`. */
  readonly model: string
  /** What a zero-shot model is asked for. */
  readonly types?: ReadonlyArray<ZeroShotType> | undefined
  readonly texts: AsyncIterable<InputText | string> | Iterable<InputText | string>
  /** Entities with a lower score are left out; of a zero-shot model, 0 is its own threshold. */
  readonly minScore: number
  readonly onPrediction: (prediction: Prediction) => void
}) {
  const progress = yield* Progress
  yield* attempt("predict", async (signal) => {
    const recogniser = await loadRecogniser(options.model, options.types)
    if (recogniser.types.length === 0) {
      recogniser.dispose()
      const reason = "knows no type: it was trained on data without an entity"
      throw new InputError({ source: options.model, reason, remedy: "train it on labelled data" })
    }
    const onProgress = ({ texts }: { readonly texts: number }) => progress.update({ stage: "predict", done: texts })
    try {
      for await (const { entities, input } of predictStream(recogniser, options.texts, {
        minScore: options.minScore,
        signal,
        onProgress
      })) {
        options.onPrediction(predicted(typeof input === "string" ? { text: input } : input, entities))
      }
    } finally {
      recogniser.dispose()
    }
  })
})
