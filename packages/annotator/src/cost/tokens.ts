import type { LlmRequest } from "../llm/Llm.ts"

/** Tokens around a message that no text of ours shows: roles and separators. Generous. */
const TOKENS_PER_MESSAGE = 8

/** Characters of English text per token, as both providers' documentation puts it. */
const CHARACTERS_PER_TOKEN = 4

/**
 * Tokens of an answer that Figure 2's prompt gets on average: 223 characters on the 8,600 C4 sentences that we have with
 * their answers, at 4 characters a token. Only forecasts use it.
 */
export const EXPECTED_OUTPUT_TOKENS = 56

/** What a request is likely to take: for forecasts and rate limits. */
export const expectedInputTokens = (request: LlmRequest): number =>
  tokensOfRequest(request, (text) => Math.ceil(text.length / CHARACTERS_PER_TOKEN))

/**
 * What a request takes at most: for reservations. No byte-level tokenizer makes more tokens than the text has UTF-8 bytes.
 * (The output is bounded by `maxTokens`.)
 */
export const maxInputTokens = (request: LlmRequest): number =>
  tokensOfRequest(request, (text) => Buffer.byteLength(text, "utf8"))

/** The sum over the texts of a request, and what stands around them. */
export const tokensOfRequest = (request: LlmRequest, tokensOf: (text: string) => number): number => {
  const schema = request.schema === undefined ? 0 : tokensOf(JSON.stringify(request.schema.schema))
  return request.messages.reduce((total, m) => total + TOKENS_PER_MESSAGE + tokensOf(m.content), schema)
}
