import { existsSync } from "node:fs"
import { join } from "node:path"
import { decodeOptions, Fraction, type LabelledSentence, option, PositiveInt, writeJson } from "@nuner/core"
import { countEntities, scores } from "@nuner/metrics"
import * as Schema from "effect/Schema"
import { readSettings } from "./biencoder/settings.ts"
import type { ZeroShotModel, ZeroShotOptions, ZeroShotType } from "./ZeroShotModel.ts"

/** Beside a model of any kind: what it asks of an entity's probability unless it is told. */
export const THRESHOLDS_FILE = "thresholds.json"

const Thresholds = Schema.Struct({
  format: Schema.Literal("nuner-thresholds-1"),
  /** Of all types. */
  threshold: Fraction,
  /** Of single types, over `threshold`. */
  types: Schema.Record(Schema.String, Fraction)
})

/** Least probabilities of entities. */
export interface Thresholds extends Omit<Schema.Schema.Type<typeof Thresholds>, "format"> {}

/** Keeps thresholds in a model's directory; `ZeroShot.fromPretrained` takes them from there. */
export const saveThresholds = (directory: string, thresholds: Thresholds): Promise<void> =>
  writeJson(join(directory, THRESHOLDS_FILE), {
    format: "nuner-thresholds-1",
    ...thresholds
  } satisfies typeof Thresholds.Type)

/** Those of a directory, where it has some. @throws InputError naming file and field */
export const readThresholds = async (directory: string): Promise<Thresholds | undefined> => {
  const file = join(directory, THRESHOLDS_FILE)
  if (!existsSync(file)) return undefined
  const { format: _, ...thresholds } = await readSettings(Thresholds, file, "choose them again, or remove the file")
  return thresholds
}

/** The model, with other thresholds than its own where none are asked for: a `threshold` that is given holds for all types. */
export const withThresholds = (model: ZeroShotModel, own: Thresholds): ZeroShotModel => {
  const filled = (options: ZeroShotOptions = {}): ZeroShotOptions =>
    options.threshold === undefined
      ? { ...options, threshold: own.threshold, thresholds: { ...own.types, ...options.thresholds } }
      : options
  return {
    ...model,
    predict: (texts, types, options) => model.predict(texts, types, filled(options)),
    predictWords: (sentences, types, options) => model.predictWords(sentences, types, filled(options)),
    save: async (directory, options) => {
      await model.save(directory, options)
      await saveThresholds(directory, own)
    }
  }
}

/** What thresholds of types are fitted by. */
export const FitThresholdsOptions = Schema.Struct({
  mentions: option(PositiveInt, {
    default: 10,
    help: "labelled entities that a type needs for a threshold of its own"
  })
})
export type FitThresholdsOptions = Partial<(typeof FitThresholdsOptions)["Encoded"]>

export interface FittedThresholds extends Thresholds {
  /** Entity micro F1 on the sentences that they were chosen on, in percent: with one threshold, and with those of types too. */
  readonly entityF1: { readonly one: number; readonly byType: number }
}

const GRID = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

/**
 * Thresholds by entity F1 on labelled sentences: the best one for all types, and for a type that is labelled often enough its own best. Types compete,
 * so those of types are kept only where they are better together.
 *
 * @throws OptionError
 */
export const fitThresholds = async (
  model: ZeroShotModel,
  sentences: ReadonlyArray<LabelledSentence>,
  types: ReadonlyArray<ZeroShotType>,
  options: FitThresholdsOptions & { readonly signal?: AbortSignal | undefined } = {}
): Promise<FittedThresholds> => {
  const { signal, ...given } = options
  const { mentions } = decodeOptions("thresholds", FitThresholdsOptions, given)
  const scoresAt = async (threshold: number, thresholds: Readonly<Record<string, number>> = {}) => {
    const { entities } = await model.predictWords(sentences, types, { threshold, thresholds, signal })
    return scores(
      countEntities(
        sentences,
        entities.map((entities) => ({ entities }))
      )
    )
  }
  const tried: Array<{ readonly threshold: number; readonly scores: Awaited<ReturnType<typeof scoresAt>> }> = []
  for (const threshold of GRID) tried.push({ threshold, scores: await scoresAt(threshold) })
  const best = (f1: (one: (typeof tried)[number]) => number) => tried.reduce((a, b) => (f1(b) > f1(a) ? b : a))
  const { scores: atOne, threshold } = best(({ scores }) => scores.micro.f1)
  const own = Object.fromEntries(
    Object.entries(atOne.types).flatMap(([type, { f1, support }]): Array<[string, number]> => {
      if (support < mentions) return []
      const other = best(({ scores }) => scores.types[type]?.f1 ?? 0)
      return other.scores.types[type]!.f1 > f1 ? [[type, other.threshold]] : []
    })
  )
  const one = 100 * atOne.micro.f1
  const byType = Object.keys(own).length === 0 ? one : 100 * (await scoresAt(threshold, own)).micro.f1
  return byType > one
    ? { threshold, types: own, entityF1: { one, byType } }
    : { threshold, types: {}, entityF1: { one, byType: one } }
}
