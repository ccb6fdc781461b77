import { InputError } from "@nuner/core"
import { parseObject } from "../config/configJson.ts"

/** What `tokenizer_config.json` says about the treatment of text, in `tokenizer.json`'s words; what it does not mention is absent. */
export interface TokenizerSettings {
  /** Tokens beside the vocabulary. */
  readonly added: ReadonlyArray<AddedToken>
  /** Of BERT's normalizer. */
  readonly bert: Readonly<Record<string, boolean | null>>
  /** Of the byte-level pre-tokenizer. */
  readonly byteLevel: Readonly<Record<string, boolean | null>>
}

interface AddedToken {
  readonly id: number
  readonly content: string
  readonly single_word: boolean
  readonly lstrip: boolean
  readonly rstrip: boolean
  readonly normalized: boolean
  readonly special: boolean
}

/** Classes of Python's that take the treatment of text from `tokenizer.json` alone. */
const plain = ["PreTrainedTokenizerFast", "TokenizersBackend"]

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
  const [bert, byteLevel] = [read(fields.bert), read(fields.byteLevel)]
  const added = Object.entries((json.added_tokens_decoder ?? {}) as Record<string, Partial<AddedToken> | null>).map(
    ([id, token]) =>
      addedToken(token?.content, Number(id), token ?? {}, { source, field: `added_tokens_decoder.${id}` })
  )
  return plain.includes(json.tokenizer_class as string)
    ? { added, bert: {}, byteLevel: {} }
    : { added, bert, byteLevel }
}

/** The content of an `added_tokens.json`: ids by token. @throws InputError naming the token */
export const parseAddedTokens = (text: string, source: string): TokenizerSettings => ({
  added: Object.entries(parseObject(text, source)).map(([content, id]) =>
    addedToken(content, id, { normalized: true }, { source, field: content })
  ),
  ...{ bert: {}, byteLevel: {} }
})

const addedToken = (
  content: unknown,
  id: unknown,
  { lstrip, normalized, rstrip, single_word, special }: Partial<AddedToken>,
  place: { readonly source: string; readonly field: string }
): AddedToken => {
  if (typeof content !== "string" || !Number.isSafeInteger(id))
    throw new InputError({ ...place, reason: "must be a token and its id" })
  const flags = { single_word: single_word === true, lstrip: lstrip === true, rstrip: rstrip === true }
  return { id: id as number, content, ...flags, normalized: normalized === true, special: special === true }
}

/** The text of a `tokenizer.json` with what other files say over it. @throws InputError */
export const withSettings = (json: string, source: string, settings: TokenizerSettings): string => {
  const tokenizer = parseObject(json, source)
  return applySettings(tokenizer, settings) ? JSON.stringify(tokenizer) : json
}

/** Writes those settings into the content of a `tokenizer.json`, over its own, as Python's transformers does. @returns whether that changed it */
const applySettings = (tokenizer: Record<string, unknown>, { added, bert, byteLevel }: TokenizerSettings): boolean => {
  const parts = [
    ["normalizer", "BertNormalizer", bert],
    ["pre_tokenizer", "ByteLevel", byteLevel],
    ["post_processor", "RobertaProcessing", byteLevel]
  ] as const
  const changed = parts.map(([name, type, settings]) => {
    const part = tokenizer[name] as Record<string, unknown> | null | undefined
    return part?.type === type && apply(part, settings)
  })
  return [...changed, addTokens(tokenizer, added)].includes(true)
}

/** Tokens that `tokenizer.json` does not list as added; one of the vocabulary keeps its id. */
const addTokens = (tokenizer: Record<string, unknown>, added: ReadonlyArray<AddedToken>): boolean => {
  const listed = (tokenizer.added_tokens ?? []) as ReadonlyArray<AddedToken>
  const missing = added.filter((token) => !listed.some(({ content }) => content === token.content))
  if (missing.length === 0) return false
  const { vocab = {} } = (tokenizer.model ?? {}) as {
    readonly vocab?: Record<string, number> | Array<[string, number]>
  }
  const ids = new Map(Array.isArray(vocab) ? vocab.map(([piece], id) => [piece, id]) : Object.entries(vocab))
  const placed = missing.map((token) => ({ ...token, id: ids.get(token.content) ?? token.id }))
  tokenizer.added_tokens = [...listed, ...placed.sort((a, b) => a.id - b.id)]
  return true
}

const apply = (part: Record<string, unknown>, settings: Readonly<Record<string, boolean | null>>): boolean => {
  const differs = Object.entries(settings).some(([name, value]) => part[name] !== value)
  Object.assign(part, settings)
  return differs
}
