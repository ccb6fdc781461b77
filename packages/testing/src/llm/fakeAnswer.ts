import type { Body, Dialect, FakeAnswer } from "./dialects.ts"
import type { LlmFault } from "./LlmFault.ts"

/** The sentence that a prompt is about: what follows "Input:" or "Text:" in it, else its last message. */
export const sentenceOf = (dialect: Dialect, body: Body): string => {
  const last = dialect.prompt(body).at(-1) ?? ""
  const input = last.lastIndexOf("Input:\n")
  return input < 0 ? last : last.slice(input + "Input:\n".length)
}

/** The least sensible annotation: every capitalised word is a name. The same sentence always gets the same answer. */
const annotateCapitalised = (
  sentence: string
): ReadonlyArray<readonly [entity: string, concept: string, description: string]> =>
  (sentence.match(/\b\p{Lu}\p{L}*/gu) ?? ["nothing"]).map((word) => [word, "name", "a word with a capital letter"])

/** What the model says, before any fault: in Figure 2's form, or as JSON if the request asks for it. */
export const fakeAnswer = (dialect: Dialect, body: Body, fault: LlmFault | undefined): FakeAnswer => {
  const rows = annotateCapitalised(sentenceOf(dialect, body))
  const good = dialect.wantsJson(body)
    ? JSON.stringify({ entities: rows.map(([entity, concept, description]) => ({ entity, concept, description })) })
    : rows.map((row) => row.join(" <> ")).join("\n")
  const [text, finish] = ((): [string, FakeAnswer["finish"]] => {
    switch (fault?.type) {
      case "refusal":
        return ["I cannot help with that.", "refusal"]
      case "content filter":
        return ["", "content filter"]
      case "length":
        return [good.slice(0, Math.ceil(good.length * 0.6)), "length"]
      case "text":
        return [fault.text, "stop"]
      default:
        return [good, "stop"]
    }
  })()
  const input = dialect.prompt(body).reduce((sum, part) => sum + Math.ceil(part.length / 4), 0)
  const output = Math.min(dialect.maxTokens(body) ?? 1024, Math.ceil(text.length / 4))
  return { text, finish, usage: { inputTokens: input, outputTokens: output } }
}
