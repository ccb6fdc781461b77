import { parseLines } from "../parse/parseLines.ts"
import { definePrompt } from "./Prompt.ts"

const INPUT = "[INPUT SENTENCE]"

/** The published prompt, word for word. */
const text = `The goal is to create a dataset for entity recognition. Label as many entities, concepts, and ideas as possible in the input text. Invent new entity types that may not exist in traditional NER Tasks such as more abstract concepts and ideas. Make sure the entity concept is not part of speech but something more meaningful. Avoid finding meaningless entities.
Output format (separate entities with new line):
entity from the text <> entity concept <> description of entity group/concept
Input:
${INPUT}`

/** The prompt that annotated NuNER's pre-training data (Bogdanov et al. 2024, Figure 2): free-form concepts, one entity a line. */
export const figure2 = definePrompt({
  name: "figure-2",
  version: 1,
  text,
  render: (sentence) => [{ role: "user", content: text.replace(INPUT, () => sentence) }],
  parse: parseLines
})
