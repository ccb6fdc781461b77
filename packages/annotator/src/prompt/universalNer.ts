import type { Annotation } from "@nuner/core"
import { findJson } from "../parse/findJson.ts"
import type { Parsed, RejectedLine } from "../parse/Parsed.ts"
import { definePrompt, type Prompt } from "./Prompt.ts"

/**
 * UniversalNER's conversation (Zhou et al. 2023) for one type: "What describes TYPE in the text?", answered with a JSON list of
 * mentions. Ask once for each type, over the same ledger, and put the annotations of a sentence together. For any
 * OpenAI-compatible endpoint that serves such a model.
 */
export const universalNer = (type: string): Prompt => {
  const text = [
    "A virtual assistant answers questions from a user based on the provided text.",
    "Text: [TEXT]",
    "I've read this text.",
    `What describes ${type} in the text?`
  ]
  return definePrompt({
    name: "universal-ner",
    version: 1,
    text: text.join("\n"),
    render: (sentence) => [
      { role: "system", content: text[0]! },
      { role: "user", content: `Text: ${sentence}` },
      { role: "assistant", content: text[2]! },
      { role: "user", content: text[3]! }
    ],
    parse: (answer) => parseList(answer, type)
  })
}

const parseList = (answer: string, concept: string): Parsed => {
  const { salvaged = [], value: list } = findJson(answer) ?? {}
  if (!Array.isArray(list))
    return { annotations: [], rejected: [{ line: answer, reason: "not an entity" }], ignored: 0 }
  const annotations: Array<Annotation> = []
  const rejected: Array<RejectedLine> = []
  for (const element of list) {
    const entity = typeof element === "string" ? element.trim() : undefined
    if (entity !== undefined && entity !== "") annotations.push({ entity, concept })
    else rejected.push({ line: JSON.stringify(element), reason: entity === "" ? "empty entity" : "not an entity" })
  }
  return { annotations, rejected, ignored: 0, ...(salvaged.length === 0 ? {} : { salvaged }) }
}
