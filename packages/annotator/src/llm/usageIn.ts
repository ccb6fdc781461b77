import type { Usage } from "./Llm.ts"

/**
 * The tokens in an answer's field `usage`, rounded up; null where they cannot be read. What a model thought may stand in `total_tokens` alone (xAI,
 * Gemini behind proxies): whatever of that is no input is output.
 *
 * @param input names of the counts that are the input together; the first has to be there
 */
export const usageIn = (
  usage: unknown,
  input: readonly [string, ...ReadonlyArray<string>],
  output: string
): Usage | null => {
  const counts = (usage ?? {}) as Readonly<Record<string, unknown>>
  const count = (name: string): number | undefined => {
    const tokens = counts[name]
    return typeof tokens === "number" && tokens >= 0 ? Math.ceil(tokens) : undefined
  }
  if (count(input[0]) === undefined) return null
  const inputTokens = input.reduce((sum, name) => sum + (count(name) ?? 0), 0)
  const outputTokens = Math.max(count(output) ?? 0, (count("total_tokens") ?? 0) - inputTokens)
  return outputTokens === 0 && count(output) === undefined ? null : { inputTokens, outputTokens }
}
