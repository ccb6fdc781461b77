import { decodeJson, Positive, PositiveInt } from "@nuner/core"
import * as Schema from "effect/Schema"
import { classSchemes } from "../labels/classes.ts"

/** The file for what Hugging Face's layout has no field for. */
export const SETTINGS_FILE = "nuner.json"
/** The head's tensors, where `model.safetensors` cannot hold them under names that others know. */
export const HEAD_FILE = "head.safetensors"
/** The folder of adapters without the weights they belong to, for Python's PEFT. */
export const ADAPTER = "adapter"

export const Settings = Schema.Struct({
  format: Schema.Literal("nuner-token-classifier-1"),
  /**
   * "model": a linear layer in `model.safetensors`, as `RobertaForTokenClassification`. "file": in `head.safetensors`.
   */
  head: Schema.Literals(["model", "file"]),
  classes: Schema.Array(Schema.String).check(Schema.isMinLength(1)),
  scheme: Schema.Literals(classSchemes),
  layers: Schema.Array(Schema.Int).check(Schema.isMinLength(1)),
  pooling: Schema.Literals(["first", "mean"]),
  temperature: Positive,
  /** What follows what, `[classes + 1, classes + 1]`, see `Transitions`; `null` is forbidden, which JSON has no number for. */
  transitions: Schema.optionalKey(Schema.Array(Schema.Array(Schema.NullOr(Schema.Finite)))),
  /** The least score of each type's entities, see `Thresholds`. */
  thresholds: Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite)),
  /** Width of the hidden layer of a two-layer head. */
  headHidden: Schema.optionalKey(PositiveInt)
})
export interface Settings extends Schema.Schema.Type<typeof Settings> {}

/** @throws InputError naming the field */
export const parseSettings = (text: string, source: string): Settings =>
  decodeJson(Settings, text, { source, remedy: "not a token classifier of this version: save the model again" })

/** What a classifier is made of, as the file says it. */
export const partsOf = ({ scheme, layers, pooling, temperature, thresholds, transitions }: Settings) => ({
  ...{ scheme, layers, pooling, temperature, thresholds },
  transitions: transitions?.map((row) => row.map((value) => value ?? Number.NEGATIVE_INFINITY))
})
