import type { DataOptionsInput, LabelledSentence } from "@nuner/core"
import { useEngine } from "@nuner/engine"
import { type AdaptOptions, loadModel, TadNer, type TextEntity } from "@nuner/tadner"
import { Effect, Stream } from "effect"
import { attempt } from "../../errors.ts"
import { tadnerRecogniser } from "../../inputs/loadRecogniser.ts"
import { predictTexts } from "../../inputs/predictTexts.ts"
import { readDataset } from "../../inputs/readDataset.ts"
import { readTypeNames } from "../../inputs/readTypeNames.ts"
import type { InputText, Predicted } from "../../inputs/texts.ts"
import { Progress } from "../../services/Progress.ts"
import { streamOf } from "../../services/streams.ts"

export interface TadnerPredictOptions extends AdaptOptions {
  /** With `support`, a directory of `nuner tadner train`; else a saved recogniser. */
  readonly model: string
  /** Labelled sentences, 1 to 10 entities of each new type. */
  readonly support?: string
  readonly typeNames?: string
  /** Where to keep the recogniser that was fitted. */
  readonly save?: string
  /** How the support is read. */
  readonly data?: DataOptionsInput
  readonly texts: AsyncIterable<InputText | string> | Iterable<InputText | string>
  readonly onPrediction: (prediction: Predicted<TextEntity>) => void
}

/** Texts read ahead: what is found is told as it comes. */
const READ_AHEAD = 32

/** Learns new types from a few examples, or loads a recogniser that did, and marks the entities of texts. */
export const tadnerPredictStage = Effect.fn("tadnerPredictStage")(function* (options: TadnerPredictOptions) {
  const { data, model, onPrediction, save, support, texts, typeNames, ...adaptation } = options
  const { say, update } = yield* Progress
  const recogniser = yield* Effect.acquireRelease(
    attempt("tadner", async (signal) => {
      await useEngine()
      if (support === undefined) return TadNer.load(model)
      return fit(model, await readDataset(support, { data, say }), typeNames, { ...adaptation, signal })
    }),
    (loaded) => Effect.sync(() => loaded.dispose())
  )
  if (save !== undefined) yield* attempt("tadner", () => recogniser.save(save))
  const found = streamOf("tadner", (signal) =>
    predictTexts(tadnerRecogniser(recogniser), texts, {
      ...{ readAhead: READ_AHEAD, signal },
      onProgress: ({ texts: done }) => update({ stage: "predict", done })
    })
  )
  yield* Stream.runForEach(found, (prediction) => Effect.sync(() => onPrediction(prediction)))
}, Effect.scoped)

const fit = async (
  directory: string,
  sentences: ReadonlyArray<LabelledSentence>,
  typeNames: string | undefined,
  options: AdaptOptions & { readonly signal: AbortSignal }
): Promise<TadNer> => {
  const names = await readTypeNames(typeNames)
  const model = await loadModel(directory)
  try {
    return await TadNer.fit(sentences, { ...options, model, typeNames: names })
  } finally {
    model.dispose()
  }
}
