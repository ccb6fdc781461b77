import { wordFeatures } from "@nuner/classifier"
import { type DataOptionsInput, InputError } from "@nuner/core"
import { fromPretrained, resolveModel } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { Review, type ReviewInput, serveReview } from "@nuner/review"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import { isZeroShot, loadRecogniser } from "../inputs/loadRecogniser.ts"
import { nameReader } from "../inputs/nameReader.ts"
import { readToReview } from "../inputs/readToReview.ts"
import { Progress } from "../services/Progress.ts"

export interface ReviewStageOptions
  extends Omit<ReviewInput, "encoder" | "features" | "names" | "pooling" | "sentences" | "types"> {
  /** Raw text, annotated or labelled sentences. */
  readonly input: string
  /** A model directory, or a name on the hub. */
  readonly encoder: string
  /** Entities of other types are not shown. Default: all types that occur. */
  readonly types?: ReadonlyArray<string>
  /** A NER model: what it finds is shown where the input has no entities. A zero-shot model is asked for `types`. */
  readonly model?: string
  /** How files are read. */
  readonly data?: DataOptionsInput
  /** 0 takes a free one. Default 0. */
  readonly port?: number
}

/** Serves the review page until the scope closes; gives its URL. */
export const reviewStage = Effect.fn("reviewStage")(function* (options: ReviewStageOptions) {
  const { data, encoder: base, input, model, port = 0, types = [], ...settings } = options
  const { say, update } = yield* Progress
  const encoder = yield* Effect.acquireRelease(
    attempt("review", async () => {
      await useEngine()
      return fromPretrained(base)
    }),
    (loaded) => Effect.sync(() => loaded.dispose())
  )
  const server = yield* Effect.acquireRelease(
    attempt("review", async (signal) => {
      const only = new Set(types)
      const read = (await readToReview(input, { data, say })).map((sentence) => ({
        ...sentence,
        entities: sentence.entities.filter(({ type }) => only.size === 0 || only.has(type))
      }))
      if (read.length === 0)
        throw new InputError({ source: input, reason: "has no sentence", remedy: "check the file" })
      const sentences = model === undefined ? read : await predicted(model, types, read, signal)
      const features = await wordFeatures(encoder, sentences, {
        pooling: "mean",
        signal,
        onProgress: ({ of, sentences }) => update({ stage: "review", done: sentences, total: of })
      })
      const reader = await nameReader(await resolveModel(base), { say, stage: "review" })
      const reading = { features, pooling: "mean", encoder, names: reader?.names } as const
      return serveReview(await Review.open({ ...settings, ...reading, sentences, types }), port)
    }),
    (started) => Effect.promise(() => started.stop())
  )
  return server.url
})

/** Sentences with what a model finds in those that have no entity. */
const predicted = async (
  model: string,
  types: ReadonlyArray<string>,
  sentences: Awaited<ReturnType<typeof readToReview>>,
  signal: AbortSignal
): Promise<typeof sentences> => {
  const recogniser = await loadRecogniser(model, isZeroShot(model) ? { types } : {})
  try {
    const found = await recogniser.predictWords(sentences, { signal })
    return sentences.map((sentence, i) => ({
      ...sentence,
      entities: sentence.entities.length > 0 ? sentence.entities : found[i]!
    }))
  } finally {
    recogniser.dispose()
  }
}
