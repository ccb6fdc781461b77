import { Tokenizer } from "@nuner/encoder"

/** GLiNER adds it before its own two tokens and never uses it. */
const UNUSED = "[FLERT]"

/**
 * A tokenizer that knows the marks of a prompt: those that it lacks get the ids behind its last one, as GLiNER's Python adds them. A byte-level one
 * reads every word as one with a space before it, since words are tokenised one by one.
 */
export const promptTokenizer = async (
  tokenizer: Tokenizer,
  { endToken, typeToken }: { readonly typeToken: string; readonly endToken: string }
): Promise<Tokenizer> => {
  const json = JSON.parse(tokenizer.json)
  const known = new Set<string>((json.added_tokens ?? []).map(({ content }: { content: string }) => content))
  const missing = [UNUSED, typeToken, endToken].filter((token) => !known.has(token))
  const spaced = json.pre_tokenizer?.type !== "ByteLevel" || json.pre_tokenizer.add_prefix_space === true
  if (spaced && !missing.some((token) => token !== UNUSED)) return tokenizer
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  const added = missing.map((content, i) => ({ id: tokenizer.vocabSize + i, content, ...flags }))
  const prefixed = (part: Record<string, unknown> | null) => part && { ...part, add_prefix_space: true }
  return Tokenizer.fromJson(
    JSON.stringify({
      ...json,
      added_tokens: [...(json.added_tokens ?? []), ...added],
      ...(!spaced && {
        pre_tokenizer: prefixed(json.pre_tokenizer),
        ...(json.post_processor?.type === "RobertaProcessing" && { post_processor: prefixed(json.post_processor) })
      })
    })
  )
}
