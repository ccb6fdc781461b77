import { Tokenizer } from "@nuner/encoder"

/** GLiNER adds it before its own two tokens and never uses it. */
const UNUSED = "[FLERT]"

/**
 * A tokenizer that knows the marks of a prompt: those that it lacks get the ids behind its last one, as GLiNER's Python adds them. A byte-level one
 * reads every word as one with a space before it, since words are tokenised one by one.
 *
 * @param prompt false: for rows without types; marks are taken out, which GLiNER's Python adds there too, though the embedding table has no rows for them
 */
export const promptTokenizer = async (
  tokenizer: Tokenizer,
  marks: ReadonlyArray<string>,
  prompt = true
): Promise<Tokenizer> => {
  const json = JSON.parse(tokenizer.json)
  const known: ReadonlyArray<{ readonly content: string }> = json.added_tokens ?? []
  const all = [UNUSED, ...marks]
  const missing = all.filter((token) => !known.some(({ content }) => content === token))
  const rest = prompt ? known : known.filter(({ content }) => !all.includes(content))
  const spaced = json.pre_tokenizer?.type !== "ByteLevel" || json.pre_tokenizer.add_prefix_space === true
  const fits = prompt ? !missing.some((token) => token !== UNUSED) : rest.length === known.length
  if (spaced && fits) return tokenizer
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  const added = prompt ? missing.map((content, i) => ({ id: tokenizer.vocabSize + i, content, ...flags })) : []
  const prefixed = (part: Record<string, unknown> | null) => part && { ...part, add_prefix_space: true }
  return Tokenizer.fromJson(
    JSON.stringify({
      ...json,
      added_tokens: [...rest, ...added],
      ...(!spaced && {
        pre_tokenizer: prefixed(json.pre_tokenizer),
        ...(json.post_processor?.type === "RobertaProcessing" && { post_processor: prefixed(json.post_processor) })
      })
    })
  )
}
