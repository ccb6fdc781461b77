import { decodeJson, Rate } from "@nuner/core"
import { Schema } from "effect"
import { AdaptOptions } from "../options.ts"

export const SETTINGS_FILE = "tadner.json"
/** E and P of a fitted recogniser. */
export const TYPES_FILE = "types.safetensors"
export const DETECTOR = "detector"
export const CLASSIFIER = "classifier"

const Descent = Schema.Struct({
  steps: Schema.Natural,
  firstLoss: Schema.NullOr(Schema.Finite),
  lastLoss: Schema.NullOr(Schema.Finite)
})

/** What is known of a fitted recogniser beside tensors. */
const Fitted = Schema.Struct({
  types: Schema.Array(Schema.NonEmptyString).check(Schema.isMinLength(1)),
  typeNames: Schema.Array(Schema.NonEmptyString),
  threshold: Schema.Finite,
  detector: Descent,
  classifier: Descent,
  options: AdaptOptions
})

export const Settings = Schema.Struct({
  format: Schema.Literal("nuner-tadner-1"),
  scheme: Schema.Literals(["IO", "BIO", "BIOES"]),
  headDropout: Rate,
  /** Absent: a source-trained model. */
  fitted: Schema.optionalKey(Fitted)
})
export interface Settings extends Schema.Schema.Type<typeof Settings> {}

/** @throws InputError naming what is wrong */
export const parseSettings = (text: string, source: string): Settings =>
  decodeJson(Settings, text, { source, remedy: "no TadNER model of this version: save it again" })
