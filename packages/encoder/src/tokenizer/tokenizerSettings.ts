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
export const parseTokenizerSettings = (text: string, source: string): TokenizerSettings => {
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

/** The text of a `tokenizer.json` with those settings, which win over its own, as in Python's transformers. */
export const withSettings = (json: string, { bert, byteLevel }: TokenizerSettings): string => {
  const all = JSON.parse(json)
  const { normalizer, post_processor, pre_tokenizer } = all
  const changed = [
    normalizer?.type === "BertNormalizer" && apply(normalizer, bert),
    pre_tokenizer?.type === "ByteLevel" && apply(pre_tokenizer, byteLevel),
    post_processor?.type === "RobertaProcessing" && apply(post_processor, byteLevel)
  ]
  return changed.includes(true) ? JSON.stringify(all) : json
}

const apply = (part: Record<string, unknown>, settings: Readonly<Record<string, boolean | null>>): boolean => {
  const differs = Object.entries(settings).some(([name, value]) => part[name] !== value)
  Object.assign(part, settings)
  return differs
}
