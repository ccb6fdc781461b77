import { useEngine } from "@nuner/engine"
import { type AdaptOptions, loadModel, TadNer, type TextEntity } from "@nuner/tadner"
import { Effect } from "effect"
import { attempt } from "../../errors.ts"
import { readDataset } from "../../inputs/readDataset.ts"
import { readTypeNames } from "../../inputs/readTypeNames.ts"
import { Progress } from "../../services/Progress.ts"

export interface TadnerPredictOptions extends AdaptOptions {
  /** With `support`, a directory of `nuner tadner train`; else a saved recogniser. */
  readonly model: string
  /** Labelled sentences, 1 to 10 entities of each new type. */
  readonly support?: string
  readonly typeNames?: string
  /** Where to keep the recogniser that was fitted. */
  readonly save?: string
  readonly texts: AsyncIterable<string> | Iterable<string>
  readonly onPrediction: (prediction: { readonly text: string; readonly entities: ReadonlyArray<TextEntity> }) => void
}

/** Texts read at a time. */
const CHUNK = 32

/** Learns new types from a few examples, or loads a recogniser that did, and marks the entities of texts. */
export const tadnerPredictStage = Effect.fn("tadnerPredictStage")(function* (options: TadnerPredictOptions) {
  const { model, onPrediction, save, support, texts, typeNames, ...adaptation } = options
  const progress = yield* Progress
  yield* attempt("tadner", async (signal) => {
    await useEngine()
    const recogniser =
      support === undefined ? await TadNer.load(model) : await fit(model, support, typeNames, { ...adaptation, signal })
    try {
      if (save !== undefined) await recogniser.save(save)
      // Scores that are normalised over all spans need all texts at once.
      const most = recogniser.settings.normaliseOverSpans ? Number.POSITIVE_INFINITY : CHUNK
      let held: Array<string> = []
      let done = 0
      const flush = async () => {
        signal.throwIfAborted()
        for (const [i, entities] of (await recogniser.predict(held)).entries())
          onPrediction({ text: held[i]!, entities })
        done += held.length
        progress.update({ stage: "predict", done })
        held = []
      }
      for await (const text of texts) if (held.push(text) === most) await flush()
      if (held.length > 0) await flush()
    } finally {
      recogniser.dispose()
    }
  })
})

const fit = async (
  directory: string,
  support: string,
  typeNames: string | undefined,
  options: AdaptOptions & { readonly signal: AbortSignal }
): Promise<TadNer> => {
  const sentences = await readDataset(support)
  const names = await readTypeNames(typeNames)
  const model = await loadModel(directory)
  try {
    return await TadNer.fit(sentences, { ...options, model, typeNames: names })
  } finally {
    model.dispose()
  }
}
