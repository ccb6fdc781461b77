import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { decodeJson, Fraction, InputError, Positive, writeJson } from "@nuner/core"
import * as Schema from "effect/Schema"

/** The file that makes a text encoder's directory a zero-shot model. */
export const SETTINGS_FILE = "bi-encoder.json"
/** Beside the weights of a concept encoder: what `nuner pretrain` leaves of its scorer. */
export const SCORER_FILE = "scorer.json"

/** How vectors of the two encoders become a logit: z = similarity(h, u) / temperature + bias. */
export const Scorer = Schema.Struct({
  similarity: Schema.Literals(["dot", "cosine"]),
  temperature: Positive,
  bias: Schema.Finite,
  /** What of a type's sub-tokens is its vector: the first token (`<s>`), or the mean of them. */
  conceptPooling: Schema.Literals(["first", "mean"])
})
export interface Scorer extends Schema.Schema.Type<typeof Scorer> {}

/** What was measured on held-out sentences, for whoever asks how far probabilities can be trusted. */
const Report = Schema.Struct({
  sentences: Schema.Int,
  /** Mentions of concepts that a and b were fitted on, and of those that everything else here was measured on. */
  concepts: Schema.Struct({ fit: Schema.Int, measured: Schema.Int }),
  /** Entity micro F1 at the threshold, in percent, among 5 to 16 types a sentence. */
  entityF1: Schema.Finite,
  /** Expected calibration error of the entities' scores. */
  calibrationError: Schema.Finite
})

export const Settings = Schema.Struct({
  format: Schema.Literal("nuner-bi-encoder-1"),
  /** Where the concept encoder is: a folder in this one, or the name of a model. */
  concepts: Schema.NonEmptyString,
  /** p = sigmoid(a z + b), for a word and a type. */
  a: Positive,
  b: Schema.Finite,
  /** Least probability of an entity. */
  threshold: Fraction,
  /** Whether two neighbouring words belong to one entity: the logit is <weights, |h - h'|> + bias. */
  joint: Schema.Struct({ weights: Schema.Array(Schema.Finite), bias: Schema.Finite }),
  report: Report
})
export interface Settings extends Schema.Schema.Type<typeof Settings> {}

/** What calibration finds. */
export interface Calibration extends Omit<Settings, "format" | "concepts"> {}

/**
 * Makes the directory of a text encoder a zero-shot model.
 *
 * @param concepts where its concept encoder is: a folder in the directory, or the name of a model
 */
export const saveCalibration = (directory: string, calibration: Calibration, concepts = "concepts"): Promise<void> =>
  writeJson(join(directory, SETTINGS_FILE), {
    format: "nuner-bi-encoder-1",
    concepts,
    ...calibration
  } satisfies Settings)

/** @throws InputError naming file and field */
export const readSettings = async <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  source: string,
  remedy: string
): Promise<S["Type"]> => {
  const text = await readFile(source, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new InputError({ source, reason: `cannot be read (${cause.code})`, remedy })
  })
  return decodeJson(schema, text, { source, remedy })
}
