import type { DataOptionsInput, LabelledSentence } from "@nuner/core"
import { useEngine } from "@nuner/engine"
import { type AdaptOptions, loadModel, TadNer, type TextEntity } from "@nuner/tadner"
import { Effect } from "effect"
import { attempt } from "../../errors.ts"
import { readDataset } from "../../inputs/readDataset.ts"
import { readTypeNames } from "../../inputs/readTypeNames.ts"
import { type InputText, type Predicted, predicted } from "../../inputs/texts.ts"
import { Progress } from "../../services/Progress.ts"

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

/** Texts read at a time. */
const CHUNK = 32

/** Learns new types from a few examples, or loads a recogniser that did, and marks the entities of texts. */
export const tadnerPredictStage = Effect.fn("tadnerPredictStage")(function* (options: TadnerPredictOptions) {
  const { data, model, onPrediction, save, support, texts, typeNames, ...adaptation } = options
  const progress = yield* Progress
  yield* attempt("tadner", async (signal) => {
    await useEngine()
    const recogniser =
      support === undefined
        ? await TadNer.load(model)
        : await fit(model, await readDataset(support, { data, say: progress.say }), typeNames, {
            ...adaptation,
            signal
          })
    try {
      if (save !== undefined) await recogniser.save(save)
      // Scores that are normalised over all spans need all texts at once.
      const most = recogniser.settings.normaliseOverSpans ? Number.POSITIVE_INFINITY : CHUNK
      let held: Array<InputText> = []
      let done = 0
      const flush = async () => {
        signal.throwIfAborted()
        const found = await recogniser.predict(held.map(({ text }) => text))
        for (const [i, entities] of found.entries()) onPrediction(predicted(held[i]!, entities))
        done += held.length
        progress.update({ stage: "predict", done })
        held = []
      }
      for await (const text of texts) {
        if (held.push(typeof text === "string" ? { text } : text) === most) await flush()
      }
      if (held.length > 0) await flush()
    } finally {
      recogniser.dispose()
    }
  })
})

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
