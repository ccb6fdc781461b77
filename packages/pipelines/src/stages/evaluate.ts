import { type DataOptionsInput, InputError, type LabelledSentence, typesIn, writeAtomic, writeJson } from "@nuner/core"
import { useEngine } from "@nuner/engine"
import {
  type BucketScore,
  bootstrap,
  type Counts,
  countEntities,
  countWords,
  type ErrorString,
  type Evaluation,
  errorStrings,
  evaluate,
  type Interval,
  type MatchScores,
  type PairedInterval,
  pairedBootstrap,
  type Reliability,
  reliability,
  type Score,
  type Scores,
  scoresByFrequency,
  scoresByLength,
  type WithScores
} from "@nuner/metrics"
import { page } from "@nuner/report"
import { Effect } from "effect"
import { attempt } from "../errors.ts"
import type { Asked } from "../inputs/asked.ts"
import { intake } from "../inputs/intake.ts"
import { type Limits, limitsOf } from "../inputs/limits.ts"
import { isZeroShot, loadRecogniser, placeOf } from "../inputs/loadRecogniser.ts"
import { typeNamesFile, zeroShotTypes } from "../inputs/readTypeNames.ts"
import { evaluationSections } from "../report/sections/evaluationSections.ts"
import { Progress } from "../services/Progress.ts"
import { runStage } from "../services/stage.ts"
import { plain } from "./plain.ts"

export interface EvaluateStageOptions {
  /** A model directory: see `loadRecogniser`. */
  readonly model: string
  /** Labelled sentences. */
  readonly input: string
  /** A second model, tested against the first on the same sentences. */
  readonly against?: string
  /** The labelled sentences that the model was trained on: errors are told by how often they have an entity's words. */
  readonly train?: string
  /** How files are read. */
  readonly data?: DataOptionsInput
  /** Only these types are scored, and a zero-shot model is asked for them. Default: all. */
  readonly types?: ReadonlyArray<string>
  /** What a zero-shot model reads for types: a known dataset's name, or a JSON file of label to name. */
  readonly typeNames?: string
  /** Of a zero-shot model: least probabilities of single types, over its own. */
  readonly thresholds?: Readonly<Record<string, number>>
  /** A JSON file for the evaluation with every sentence's gold and predicted entities; beside it the same as `.html`. Absent: nothing is written. */
  readonly out?: string
  /** Draws of sentences for the intervals. Default 1,000. */
  readonly resamples?: number
  readonly seed: number
}

/** The scores of one type: exact ones, then as words, then the four measures. */
export interface TypeEvaluation extends Score, MatchScores {
  readonly words: Score
  /** Of the exact F1, by sentence. */
  readonly interval: Interval
}

/** A saved model's evaluation, as `--json` prints it. */
export interface ModelEvaluation extends Omit<Evaluation, "byType" | "words"> {
  readonly format: "nuner-evaluation-1"
  readonly model: string
  readonly input: string
  /** Of the exact micro F1, by sentence. */
  readonly interval: Interval
  readonly byType: Readonly<Record<string, TypeEvaluation>>
  /** Words by label, without "O"; the interval is of the macro F1. */
  readonly words: Scores & { readonly interval: Interval }
  readonly errors: ReadonlyArray<ErrorString>
  readonly byLength: ReadonlyArray<BucketScore>
  /** With the training data. */
  readonly byFrequency?: ReadonlyArray<BucketScore>
  /** Where the model's scores are probabilities. */
  readonly calibration?: Reliability
  /** Of a zero-shot model: what it could not represent. */
  readonly limits?: Limits
  /** Model less the other, exact micro F1. */
  readonly against?: PairedInterval & { readonly model: string }
}

/** A sentence as it was scored. */
export interface ScoredSentence {
  readonly words: ReadonlyArray<string>
  readonly gold: LabelledSentence["entities"]
  readonly predicted: WithScores["entities"]
}

/** The evaluation as it is kept. */
export interface EvaluationFile extends ModelEvaluation {
  readonly scored: ReadonlyArray<ScoredSentence>
}

/** Scores a saved model on labelled sentences, and a second one on the same, if it is given. */
export const evaluateStage = Effect.fn("evaluateStage")(function* (options: EvaluateStageOptions) {
  const { against, input, model, out, train, ...settings } = options
  const models = yield* attempt("evaluate", () =>
    Promise.all([model, against].filter((one) => one !== undefined).map(placeOf))
  )
  const { say } = yield* Progress
  const door = intake({ data: options.data, say, out })
  let file: EvaluationFile | undefined
  const work = attempt("evaluate", async (signal) => {
    await useEngine()
    const gold = await door.dataset(input)
    const known = train === undefined ? undefined : await door.dataset(train)
    const types = await zeroShotTypes(options.types ?? typesIn(gold), options.typeNames)
    const asked: Asked = { types, thresholds: options.thresholds }
    const first = await predictAll(model, gold, asked, signal)
    const second =
      against === undefined ? undefined : { model: against, ...(await predictAll(against, gold, asked, signal)) }
    file = report({ ...options, gold, train: known, first, second })
    if (out !== undefined) {
      await writeJson(out, file)
      await writeAtomic(pageOf(out), [page(`${model} on ${input}`, evaluationSections(file))])
    }
    const { interval, strict, words } = file
    return {
      files: door.files,
      counts: { records: door.counts(), sentences: { in: gold.length, out: gold.length, dropped: {} } },
      summary:
        `entity micro F1 ${percent(strict.f1)} [${percent(interval.low)}, ${percent(interval.high)}], ` +
        `token macro F1 ${percent(words.macro.f1)} on ${gold.length} sentences`
    }
  })
  if (out === undefined) yield* work
  else {
    yield* runStage({
      name: "evaluate",
      manifest: `${out}.manifest.json`,
      settings: plain({ ...settings }),
      seeds: { bootstrap: options.seed },
      inputs: [
        ...[input, ...models, ...[train].filter((path) => path !== undefined)],
        ...typeNamesFile(options.typeNames)
      ],
      artefacts: [out, pageOf(out)],
      tensors: true,
      work
    })
  }
  return file ?? (yield* attempt("evaluate", async () => (await Bun.file(out!).json()) as EvaluationFile))
})

const pageOf = (out: string): string => out.replace(/(\.json)?$/, ".html")

interface Predictions {
  readonly predicted: ReadonlyArray<WithScores>
  readonly probabilities: boolean
  readonly limits: Limits | undefined
}

const predictAll = async (
  model: string,
  sentences: ReadonlyArray<LabelledSentence>,
  { thresholds, types }: Asked,
  signal: AbortSignal
): Promise<Predictions> => {
  const recogniser = await loadRecogniser(model, isZeroShot(model) ? { types, thresholds } : {})
  try {
    const found = await recogniser.predictWords(sentences, { signal })
    const asked = new Set(recogniser.types)
    const widths = sentences.flatMap(({ entities }) =>
      entities.filter(({ type }) => asked.has(type)).map(({ end, start }) => end - start)
    )
    return {
      predicted: found.map((entities) => ({ entities })),
      probabilities: recogniser.probabilities,
      limits: limitsOf(recogniser, widths)
    }
  } finally {
    recogniser.dispose()
  }
}

interface ReportInput extends EvaluateStageOptions {
  readonly gold: ReadonlyArray<LabelledSentence>
  readonly first: Predictions
  readonly second: (Predictions & { readonly model: string }) | undefined
}

const report = (
  options: Omit<ReportInput, "train"> & { readonly train: ReadonlyArray<LabelledSentence> | undefined }
): EvaluationFile => {
  const { first, input, model, resamples, second, seed, train } = options
  const only = options.types && new Set(options.types)
  const ofTypes = <A extends { readonly entities: ReadonlyArray<{ readonly type: string }> }>(
    side: ReadonlyArray<A>
  ) => (only ? side.map((one) => ({ ...one, entities: one.entities.filter(({ type }) => only.has(type)) })) : side)
  const [gold, predicted] = [ofTypes(options.gold), ofTypes(first.predicted)]
  if (gold.every(({ entities }) => entities.length === 0)) {
    const reason = `has no entity of ${options.types?.join(", ") ?? "any type"}`
    throw new InputError({ source: input, reason, remedy: "score on sentences that have some" })
  }
  const drawn = { seed, ...(resamples === undefined ? {} : { resamples }) }
  const intervalOf = (counts: Counts, metric: "microF1" | "macroF1" = "microF1") =>
    bootstrap({ counts, metric, ...drawn })
  const { byType, words, ...all } = evaluate(gold, predicted)
  const counts = countEntities(gold, predicted)
  const of = (type: string): TypeEvaluation => ({
    ...all.entities.types[type]!,
    words: words.types[type]!,
    ...byType[type]!,
    interval: intervalOf(countEntities(gold, predicted, { types: [type] }))
  })
  return {
    ...{ format: "nuner-evaluation-1", model, input },
    ...all,
    interval: intervalOf(counts),
    byType: Object.fromEntries(Object.keys(byType).map((type) => [type, of(type)])),
    words: { ...words, interval: intervalOf(countWords(gold, predicted), "macroF1") },
    errors: errorStrings(gold, predicted),
    byLength: scoresByLength(gold, predicted),
    ...(train && { byFrequency: scoresByFrequency(gold, predicted, train) }),
    ...(first.probabilities && { calibration: reliability(gold, predicted) }),
    ...(first.limits && { limits: first.limits }),
    ...(second && {
      against: {
        model: second.model,
        ...pairedBootstrap({ a: counts, b: countEntities(gold, ofTypes(second.predicted)), ...drawn })
      }
    }),
    scored: gold.map(({ entities, words }, i) => ({ words, gold: entities, predicted: predicted[i]!.entities }))
  }
}

const percent = (value: number): string => (100 * value).toFixed(1)
