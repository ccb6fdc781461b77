import { decodeJson, InputError, PositiveInt, Rate } from "@nuner/core"
import { Effect, Result, Schema } from "effect"
import type { WordRule } from "../words/wordRules.ts"

const absent = <A>(value: A) => Schema.withDecodingDefaultKey<Schema.Codec<A>>(Effect.succeed(value))

const Fields = Schema.Record(Schema.String, Schema.Unknown)

/** What `gliner_config.json` says, under the names and with the defaults of GLiNER's Python. */
const File = Schema.Struct({
  model_name: Schema.String.pipe(absent("")),
  /** Scores of spans by their ends (`markerV0` with a feed-forward network on top), or of words. */
  span_mode: Schema.Literals(["marker", "markerV0", "token_level"]).pipe(
    absent<"marker" | "markerV0" | "token_level">("markerV0")
  ),
  /** The widest span, in words; 1: NuNER Zero. */
  max_width: PositiveInt.pipe(absent(12)),
  /** D: width of the vectors behind the encoder. */
  hidden_size: PositiveInt.pipe(absent(512)),
  dropout: Rate.pipe(absent(0.4)),
  /** Words of a text that are read at once. */
  max_len: PositiveInt.pipe(absent(384)),
  /** Types of a training sentence; more of them are asked for in groups of so many. */
  max_types: PositiveInt.pipe(absent(25)),
  num_rnn_layers: Schema.Literals([0, 1]).pipe(absent<0 | 1>(1)),
  /** Whether the vector of a type is that of its mark, or of the token behind it. */
  embed_ent_token: Schema.Boolean.pipe(absent(true)),
  ent_token: Schema.NonEmptyString.pipe(absent("<<ENT>>")),
  sep_token: Schema.NonEmptyString.pipe(absent("<<SEP>>")),
  /** config.json of the encoder. */
  encoder_config: Schema.NullOr(Fields).pipe(absent<Record<string, unknown> | null>(null)),
  /** Name of the encoder that reads types by themselves (GLiNER-bi), and its config.json. */
  labels_encoder: Schema.NullOr(Schema.NonEmptyString).pipe(absent<string | null>(null)),
  labels_encoder_config: Schema.NullOr(Fields).pipe(absent<Record<string, unknown> | null>(null)),
  /** What is not GLiNER's. */
  nuner: Schema.Struct({
    words: Schema.Literals(["published", "ours"]),
    lowercase: Schema.Boolean.pipe(absent(false))
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed({ words: "published" as const })))
})
type File = (typeof File)["Type"]

/** The sizes and rules of a model that reads types and text in one row. */
export interface GlinerConfig {
  readonly spanMode: File["span_mode"]
  readonly maxWidth: number
  readonly hidden: number
  readonly dropout: number
  readonly maxWords: number
  readonly maxTypes: number
  readonly lstm: boolean
  /** Whether a type is read in the text's row, its vector that of its mark or of the token behind it, or by an encoder of its own. */
  readonly typeVector: "mark" | "token" | "own"
  readonly typeToken: string
  readonly endToken: string
  /** Name of the base encoder, as far as it is known. */
  readonly base: string
  readonly words: WordRule
  /** Types are read in lower case, whatever they are called; training sets it. */
  lowercase: boolean
}

/** Fields that change the numbers and are not implemented, with the values that they may have. */
const fixed: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  subtoken_pooling: ["first"],
  post_fusion_schema: [""],
  fuse_layers: [false],
  represent_spans: [false],
  words_splitter_type: ["whitespace"],
  precomputed_prompts_mode: [false],
  span_encoder_config: [],
  labels_decoder: [],
  relations_layer: []
}

/**
 * @returns the model's config, config.json of its encoder where the file has it, and the encoder for types where there is one
 * @throws InputError naming the field
 */
export const parseGlinerConfig = (
  text: string,
  source: string
): {
  readonly config: GlinerConfig
  readonly encoder: Record<string, unknown> | undefined
  readonly labels: { readonly name: string; readonly json: Record<string, unknown> | undefined } | undefined
} => {
  const json = decodeJson(Fields, text, { source, remedy: "fetch the model again" })
  for (const [field, values] of Object.entries(fixed)) {
    const value = json[field]
    if (value === undefined || value === null || values.includes(value)) continue
    const remedy = values.length > 0 ? `only ${JSON.stringify(values[0])} is` : "must be absent"
    throw new InputError({ source, field, reason: `${JSON.stringify(value)} is not implemented`, remedy })
  }
  const decoded = Schema.decodeUnknownResult(File)(json)
  if (Result.isFailure(decoded)) {
    throw new InputError({ source, reason: decoded.failure.message.replace(/\s*\n\s*/g, " ") })
  }
  const file = decoded.success
  if (file.num_rnn_layers === 1 && file.hidden_size % 2 === 1) {
    throw new InputError({ source, field: "hidden_size", reason: `${file.hidden_size} cannot be halved for the LSTM` })
  }
  const own = file.labels_encoder !== null
  return {
    labels: own ? { name: file.labels_encoder!, json: file.labels_encoder_config ?? undefined } : undefined,
    config: {
      spanMode: file.span_mode,
      maxWidth: file.max_width,
      hidden: file.hidden_size,
      dropout: file.dropout,
      maxWords: file.max_len,
      maxTypes: file.max_types,
      // With an encoder for types the published code makes an LSTM and never runs it.
      lstm: file.num_rnn_layers === 1 && !own,
      typeVector: own ? "own" : file.embed_ent_token ? "mark" : "token",
      typeToken: file.ent_token,
      endToken: file.sep_token,
      base: file.model_name,
      words: file.nuner.words,
      lowercase: file.nuner.lowercase
    },
    encoder: file.encoder_config ?? undefined
  }
}

/** The content of `gliner_config.json`, for GLiNER's Python and for us. */
export const toGlinerJson = (
  config: GlinerConfig,
  encoder: Record<string, unknown>,
  ids: { readonly type: number; readonly vocabulary: number }
): string => {
  const file: Omit<File, "labels_encoder" | "labels_encoder_config"> & Record<string, unknown> = {
    model_type: config.spanMode === "token_level" ? "gliner_uni_encoder_token" : "gliner_uni_encoder_span",
    model_name: config.base,
    name: "nuner",
    span_mode: config.spanMode,
    max_width: config.maxWidth,
    hidden_size: config.hidden,
    dropout: config.dropout,
    fine_tune: true,
    subtoken_pooling: "first",
    max_len: config.maxWords,
    max_types: config.maxTypes,
    max_neg_type_ratio: 1,
    num_rnn_layers: config.lstm ? 1 : 0,
    fuse_layers: false,
    post_fusion_schema: "",
    embed_ent_token: config.typeVector === "mark",
    words_splitter_type: "whitespace",
    ent_token: config.typeToken,
    sep_token: config.endToken,
    class_token_index: ids.type,
    vocab_size: ids.vocabulary,
    encoder_config: encoder,
    nuner: { words: config.words, lowercase: config.lowercase }
  }
  return `${JSON.stringify(file, null, 2)}\n`
}
