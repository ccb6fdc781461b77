import { InputError } from "@nuner/core"
import { type Architecture, checkConfig, type EncoderConfig } from "./EncoderConfig.ts"

/** What transformers' RobertaConfig and BertConfig assume where config.json is silent. */
const silent = { roberta: { padId: 1 }, bert: { padId: 0 } } as const

/** Fields that change the numbers and that we do not implement, unless they hold one of the values listed. */
const onlyImplemented: Record<string, ReadonlyArray<unknown>> = {
  position_embedding_type: ["absolute"],
  // The second is the first, written out in Python.
  hidden_act: ["gelu", "gelu_python"],
  is_decoder: [false],
  is_encoder_decoder: [false],
  add_cross_attention: [false],
  pruned_heads: [],
  quantization_config: [],
  // Code of the model's own: ALiBi, gated feed-forward layers and the like under the name of a BERT.
  auto_map: [],
  alibi_starting_size: [],
  attention_window: [],
  rope_theta: [],
  rope_scaling: [],
  rope_parameters: []
}

const empty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0)

/**
 * An EncoderConfig from the content of a Hugging Face `config.json`. Fields that bear on the numbers and are not
 * implemented are refused by name; fields that don't (dtype, generation settings, library versions) are passed over.
 *
 * @throws InputError naming the field
 */
export const parseConfigJson = (text: string, source: string): EncoderConfig => {
  const fail = (field: string | undefined, reason: string, remedy?: string): never => {
    throw new InputError({
      source,
      reason,
      ...(field === undefined ? {} : { field }),
      ...(remedy === undefined ? {} : { remedy })
    })
  }
  const json = parseObject(text, source)
  const type = json.model_type
  if (type !== "roberta" && type !== "bert") {
    fail("model_type", `${JSON.stringify(type)} is not implemented`, `only "roberta" and "bert" are`)
  }
  const architecture = type as Architecture
  for (const [field, values] of Object.entries(onlyImplemented)) {
    if (!empty(json[field]) && !values.includes(json[field])) {
      fail(
        field,
        `${JSON.stringify(json[field])} is not implemented`,
        values.length > 0 ? `only ${values[0]} is` : "must be absent"
      )
    }
  }
  const { embedding_size } = json
  if (!empty(embedding_size) && embedding_size !== json.hidden_size) {
    fail("embedding_size", `${JSON.stringify(embedding_size)} is not implemented`, "only that of hidden_size is")
  }
  const number = (field: string, absent?: number): number => {
    const value = json[field] ?? absent
    if (typeof value !== "number" || !Number.isFinite(value))
      fail(field, `must be a number, got ${JSON.stringify(value)}`)
    return value as number
  }
  const config: EncoderConfig = {
    architecture,
    vocabSize: number("vocab_size"),
    hidden: number("hidden_size"),
    layers: number("num_hidden_layers"),
    heads: number("num_attention_heads"),
    feedForward: number("intermediate_size"),
    positions: number("max_position_embeddings", 512),
    typeVocab: number("type_vocab_size", 2),
    layerNormEps: number("layer_norm_eps", 1e-12),
    padId: number("pad_token_id", silent[architecture].padId),
    dropout: number("hidden_dropout_prob", 0.1),
    attentionDropout: number("attention_probs_dropout_prob", 0.1),
    initializerRange: number("initializer_range", 0.02)
  }
  try {
    return checkConfig(config)
  } catch (cause) {
    return fail(undefined, cause instanceof Error ? cause.message : String(cause))
  }
}

/** The content of a Hugging Face `config.json`: `extra` is written too (architectures, id2label, dtype). */
export const toConfigJson = (config: EncoderConfig, extra: Readonly<Record<string, unknown>> = {}): string => {
  const roberta = config.architecture === "roberta"
  const json = {
    architectures: [roberta ? "RobertaModel" : "BertModel"],
    attention_probs_dropout_prob: config.attentionDropout,
    ...(roberta ? { bos_token_id: 0, eos_token_id: 2 } : {}),
    hidden_act: "gelu",
    hidden_dropout_prob: config.dropout,
    hidden_size: config.hidden,
    initializer_range: config.initializerRange,
    intermediate_size: config.feedForward,
    layer_norm_eps: config.layerNormEps,
    max_position_embeddings: config.positions,
    model_type: config.architecture,
    num_attention_heads: config.heads,
    num_hidden_layers: config.layers,
    pad_token_id: config.padId,
    position_embedding_type: "absolute",
    type_vocab_size: config.typeVocab,
    use_cache: false,
    vocab_size: config.vocabSize,
    ...extra
  }
  return `${JSON.stringify(json, null, 2)}\n`
}

/** A JSON object, or an InputError that says what else it is. */
export const parseObject = (text: string, source: string): Record<string, unknown> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0]! : String(cause)
    throw new InputError({
      source,
      reason: `not JSON: ${reason.slice(0, 200)}`,
      remedy: "the file is damaged: fetch it again"
    })
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError({ source, reason: "must hold a JSON object" })
  }
  return value as Record<string, unknown>
}
