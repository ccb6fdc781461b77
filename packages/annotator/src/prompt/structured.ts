import { parseEntities } from "../parse/parseEntities.ts"
import { definePrompt } from "./Prompt.ts"

/** Ours: asks for what Figure 2 asks, as JSON. */
const text = `You create a dataset for entity recognition. Label as many entities, concepts and ideas as possible in the text that the user sends. Invent entity types beyond those of traditional NER, more abstract concepts and ideas included. A concept is never a part of speech; leave meaningless entities out.
Answer with JSON: {"entities": [{"entity": ..., "concept": ..., "description": ...}]}.
"entity" is copied from the text, character by character. "concept" names its type in a few words. "description" says in one phrase what that group or concept is. If there is nothing to label, "entities" is empty.`

/** The same for both providers: every property required, none added, no constraint that either of them does not know. */
const schema = {
  type: "object",
  properties: {
    entities: {
      type: "array",
      items: {
        type: "object",
        properties: {
          entity: { type: "string", description: "copied from the text" },
          concept: { type: "string", description: "its type" },
          description: { type: "string", description: "what that type is" }
        },
        required: ["entity", "concept", "description"],
        additionalProperties: false
      }
    }
  },
  required: ["entities"],
  additionalProperties: false
} as const

/** Figure 2's question with structured output: the same records without a line format to get wrong. */
export const structured = definePrompt({
  name: "structured",
  version: 1,
  text,
  schema: { name: "annotation", schema },
  render: (sentence) => [
    { role: "system", content: text },
    { role: "user", content: sentence }
  ],
  parse: parseEntities
})
