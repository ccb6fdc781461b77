import { aligner } from "@nuner/aligner"
import { type AnnotateInput, annotateStream, layersOf, type Progress } from "@nuner/annotator"
import type { Annotation, LabelledSentence } from "@nuner/core"
import { Effect, Stream } from "effect"
import { scored } from "../benchmark/Run.ts"
import type { Unit } from "../benchmark/TrainingSet.ts"
import { type StageError, stageError } from "../errors.ts"
import { asText, entitiesOf } from "./entitiesOf.ts"
import type { LlmMethod, LlmPrediction, LlmRun } from "./LlmRun.ts"
import { questionsOf, type TypeWords } from "./questions.ts"
import type { Asked } from "./recordedAnswers.ts"
import { usageOf } from "./usageOf.ts"

export interface SetToMeasure {
  readonly dataset: string
  readonly method: LlmMethod
  readonly types: TypeWords
  readonly unit: Exclude<Unit, "whole">
  readonly size: number
  readonly set: number
  readonly examples: ReadonlyArray<LabelledSentence>
  readonly test: ReadonlyArray<LabelledSentence>
  /** How and whom to ask. */
  readonly asking: Omit<AnnotateInput, "sentences" | "prompt" | "provider" | "signal">
  readonly provider: (asked: Asked) => AnnotateInput["provider"]
  /** Of question `n` of `of`. */
  readonly onProgress: (progress: Progress, n: number, of: number) => void
}

/** Scores and predictions of a set; or what the budget left unasked. */
export type Measured =
  | { readonly run: LlmRun; readonly predictions: ReadonlyArray<LlmPrediction> }
  | { readonly overBudget: number }

/** Asks about every test sentence, with the examples of one training set, and scores what is answered. The ledger knows earlier answers. */
export const measureSet = Effect.fn("measureSet")(function* (
  input: SetToMeasure
): Effect.fn.Return<Measured, StageError> {
  const { asking, dataset, examples, method, set, size, test, types, unit } = input
  const texts = test.map((sentence) => asText(sentence).text)
  const annotations: ReadonlyArray<Array<Annotation>> = test.map(() => [])
  const unanswered: Record<string, number> = {}
  const unreadable: Record<string, number> = {}
  const addresses = new Set<string>()
  let overBudget = 0
  let priced = true
  const questions = questionsOf(method, types, examples)
  for (const [n, { prompt, type }] of questions.entries()) {
    const sentences = texts.map((text, i) => ({ id: String(i), text }))
    const provider = input.provider({ type, unit, size, set })
    const { layer, options } = yield* Effect.try({
      try: () => layersOf({ ...asking, provider, prompt, total: test.length }),
      catch: stageError("llm")
    })
    yield* annotateStream(Stream.fromIterable(sentences), options).pipe(
      Stream.provide(layer),
      Stream.runForEach((event) =>
        Effect.sync(() => {
          if (event.type === "progress") return input.onProgress(event.progress, n, questions.length)
          if (event.type === "summary") {
            priced &&= event.summary.cost !== null
            return
          }
          addresses.add(event.address)
          if (event.type === "annotated") {
            for (const { reason } of event.rejected) unreadable[reason] = (unreadable[reason] ?? 0) + 1
            const found = event.record.annotations.map(({ concept, entity }) => ({
              entity,
              concept: types.types.get(concept)!
            }))
            annotations[Number(event.record.id)]!.push(...found)
          } else if (event.state === "over budget") overBudget++
          else unanswered[event.reason] = (unanswered[event.reason] ?? 0) + 1
        })
      )
    )
  }
  if (overBudget > 0) return { overBudget }

  const locate = aligner({ overlap: "longest" })
  const predicted = test.map((sentence, i) => ({ entities: entitiesOf(sentence, annotations[i]!, locate) }))
  const { annotations: mentions, unaligned } = locate.report()
  return {
    run: {
      ...{ dataset, method, model: asking.model, unit, size, set },
      ...{ examples: examples.length, testSentences: test.length },
      ...{ unanswered, unreadable, mentions, unaligned },
      ...scored(test, { words: predicted, entities: predicted }),
      ...(yield* usageOf(asking.ledger, addresses, priced))
    },
    predictions: predicted.map(({ entities }, sentence) => ({
      unit,
      size,
      set,
      sentence,
      text: texts[sentence]!,
      entities
    }))
  }
})
