import { InputError, jsonOf, messageOf } from "@nuner/core"
import { backboneOf, backbones } from "../backbones/backbones.ts"
import { INT8_ROWS } from "../files/tensorSource.ts"
import { checkConfig, type EncoderConfig } from "./EncoderConfig.ts"

/** Fields that change the numbers and that no backbone has, unless they hold one of the values listed. */
const foreign: Record<string, ReadonlyArray<unknown>> = {
  is_decoder: [false],
  is_encoder_decoder: [false],
  add_cross_attention: [false],
  pruned_heads: [],
  quantization_config: [],
  // Code of the model's own: ALiBi, gated feed-forward layers and the like under the name of a BERT.
  auto_map: [],
  layer_types: [],
  alibi_starting_size: [],
  attention_window: [],
  rope_theta: [],
  rope_scaling: [],
  rope_parameters: []
}

/** Weights as `saveEncoder` writes them with dtype "I8", or wrote them before: they are expanded as they are read, and bear on no other number. */
const isInt8Rows = (value: unknown): boolean => {
  const { format, quant_method } = (value ?? {}) as Record<string, unknown>
  return (format ?? quant_method) === INT8_ROWS
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
  const whole = parseObject(text, source)
  const type = whole.model_type
  if (typeof type !== "string" || !Object.hasOwn(backbones, type)) {
    fail("model_type", `${JSON.stringify(type)} is not implemented`, `one of ${Object.keys(backbones).join(", ")} is`)
  }
  const architecture = type as keyof typeof backbones
  const { fields, fixed, flatten } = backboneOf({ architecture })
  const json = flatten?.(whole) ?? whole
  for (const [field, values] of Object.entries({ ...foreign, ...fixed })) {
    if (!empty(json[field]) && !values.includes(json[field]) && !isInt8Rows(json[field])) {
      fail(
        field,
        `${JSON.stringify(json[field])} is not implemented`,
        values.length > 0 ? `only ${values[0]} is` : "must be absent"
      )
    }
  }
  const { embedding_size } = json
  if (!Object.hasOwn(fields, "embeddingSize") && !empty(embedding_size) && embedding_size !== json.hidden_size) {
    fail("embedding_size", `${JSON.stringify(embedding_size)} is not implemented`, "only that of hidden_size is")
  }
  const numbers = Object.entries(fields).map(([option, { absent, name }]) => {
    const value = json[name] ?? absent
    if (typeof value !== "number" || !Number.isFinite(value))
      fail(name, `must be a number, got ${JSON.stringify(value)}`)
    return [option, value] as const
  })
  const config = { architecture, ...Object.fromEntries(numbers) } as EncoderConfig
  try {
    return checkConfig(config)
  } catch (cause) {
    return fail(undefined, messageOf(cause))
  }
}

/** The content of a Hugging Face `config.json`: `extra` is written too (architectures, id2label, dtype). */
export const toConfigJson = (config: EncoderConfig, extra: Readonly<Record<string, unknown>> = {}): string => {
  const { className, fields, fixed, written } = backboneOf(config)
  const json = {
    architectures: [`${className}Model`],
    model_type: config.architecture,
    ...Object.fromEntries(
      Object.entries(fields).map(([option, { name }]) => [name, config[option as keyof EncoderConfig]])
    ),
    ...Object.fromEntries(Object.entries(fixed).map(([field, [value]]) => [field, value])),
    ...written,
    ...extra
  }
  return `${JSON.stringify(json, null, 2)}\n`
}

/** A JSON object, or an InputError that says what else it is. */
export const parseObject = (text: string, source: string): Record<string, unknown> => {
  const value = jsonOf(text, { source, remedy: "the file is damaged: fetch it again" })
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError({ source, reason: "must hold a JSON object" })
  }
  return value as Record<string, unknown>
}
