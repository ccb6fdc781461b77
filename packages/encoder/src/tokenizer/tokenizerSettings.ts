import { InputError } from "@nuner/core"
import { parseObject } from "../config/configJson.ts"

/** What `tokenizer_config.json` says about the treatment of text, in `tokenizer.json`'s words; what it does not mention is absent. */
export interface TokenizerSettings {
  /** Of BERT's normalizer. */
  readonly bert: Readonly<Record<string, boolean | null>>
  /** Of the byte-level pre-tokenizer. */
  readonly byteLevel: Readonly<Record<string, boolean | null>>
}

/** tokenizer_config.json's name, tokenizer.json's. */
const fields = {
  bert: { do_lower_case: "lowercase", strip_accents: "strip_accents", tokenize_chinese_chars: "handle_chinese_chars" },
  byteLevel: { add_prefix_space: "add_prefix_space" }
} as const

/** @throws InputError naming the field */
const parseTokenizerSettings = (text: string, source: string): TokenizerSettings => {
  const json = parseObject(text, source)
  const read = (names: Readonly<Record<string, string>>) => {
    const found: Record<string, boolean | null> = {}
    for (const [field, name] of Object.entries(names)) {
      const value = json[field]
      // Null leaves accents to lower-casing, and the rest as it is.
      if (value === undefined || (value === null && field !== "strip_accents")) continue
      if (typeof value !== "boolean" && value !== null) {
        throw new InputError({ source, field, reason: `must be true or false, got ${JSON.stringify(value)}` })
      }
      found[name] = value
    }
    return found
  }
  return { bert: read(fields.bert), byteLevel: read(fields.byteLevel) }
}

/** The text of a `tokenizer.json` with what its `tokenizer_config.json` says over it. @throws InputError */
export const withSettings = (json: string, source: string, config: string, path: string): string => {
  const settings = parseTokenizerSettings(config, path)
  const tokenizer = parseObject(json, source)
  return applySettings(tokenizer, settings) ? JSON.stringify(tokenizer) : json
}

/** Writes those settings into the content of a `tokenizer.json`, over its own, as Python's transformers does. @returns whether that changed it */
const applySettings = (tokenizer: Record<string, unknown>, { bert, byteLevel }: TokenizerSettings): boolean => {
  const parts = [
    ["normalizer", "BertNormalizer", bert],
    ["pre_tokenizer", "ByteLevel", byteLevel],
    ["post_processor", "RobertaProcessing", byteLevel]
  ] as const
  const changed = parts.map(([name, type, settings]) => {
    const part = tokenizer[name] as Record<string, unknown> | null | undefined
    return part?.type === type && apply(part, settings)
  })
  return changed.includes(true)
}

const apply = (part: Record<string, unknown>, settings: Readonly<Record<string, boolean | null>>): boolean => {
  const differs = Object.entries(settings).some(([name, value]) => part[name] !== value)
  Object.assign(part, settings)
  return differs
}
