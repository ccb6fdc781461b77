import type { TextEntity } from "@nuner/classifier"
import { InputError } from "@nuner/core"
import { Effect, Stream } from "effect"
import { attempt } from "../errors.ts"
import type { Asked } from "../inputs/asked.ts"
import { limitsOf } from "../inputs/limits.ts"
import { loadRecogniser } from "../inputs/loadRecogniser.ts"
import { predictTexts } from "../inputs/predictTexts.ts"
import type { InputText, Predicted } from "../inputs/texts.ts"
import { Progress } from "../services/Progress.ts"
import { streamOf } from "../services/streams.ts"

/** A text with what the model found in it; spans are UTF-16 units. */
export type Prediction = Predicted<TextEntity>

/** The entities of each text, given to `onPrediction` as they come; then what a zero-shot model could not represent. */
export const predictStage = Effect.fn("predictStage")(function* (options: {
  /** A model directory: see `loadRecogniser`. */
  readonly model: string
  /** Of a zero-shot model. */
  readonly asked?: Asked
  readonly texts: AsyncIterable<InputText | string> | Iterable<InputText | string>
  /** Entities with a lower score are left out; of a zero-shot model, 0 is its own threshold. */
  readonly minScore: number
  readonly onPrediction: (prediction: Prediction) => void
}) {
  const { asked, minScore, model, onPrediction, texts } = options
  const { update } = yield* Progress
  const recogniser = yield* Effect.acquireRelease(
    attempt("predict", () => loadRecogniser(model, asked)),
    (loaded) => Effect.sync(() => loaded.dispose())
  )
  if (recogniser.types.length === 0) {
    const reason = "knows no type: it was trained on data without an entity"
    return yield* new InputError({ source: model, reason, remedy: "train it on labelled data" })
  }
  const found = streamOf("predict", (signal) =>
    predictTexts(recogniser, texts, {
      ...{ minScore, signal },
      onProgress: ({ texts: done }) => update({ stage: "predict", done })
    })
  )
  yield* Stream.runForEach(found, (prediction) => Effect.sync(() => onPrediction(prediction)))
  return limitsOf(recogniser)
}, Effect.scoped)
