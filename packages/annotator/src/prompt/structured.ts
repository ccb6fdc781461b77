import { Schema } from "effect"
import { parseEntities } from "../parse/parseEntities.ts"
import { jsonSchemaOf } from "./jsonSchema.ts"
import { definePrompt } from "./Prompt.ts"

/** Ours: asks for what Figure 2 asks, as JSON. */
const text = `You create a dataset for entity recognition. Label as many entities, concepts and ideas as possible in the text that the user sends. Invent entity types beyond those of traditional NER, more abstract concepts and ideas included. A concept is never a part of speech; leave meaningless entities out.
Answer with JSON: {"entities": [{"entity": ..., "concept": ..., "description": ...}]}.
"entity" is copied from the text, character by character. "concept" names its type in a few words. "description" says in one phrase what that group or concept is. If there is nothing to label, "entities" is empty.`

const Answer = Schema.Struct({
  entities: Schema.Array(
    Schema.Struct({
      entity: Schema.String.annotate({ description: "copied from the text" }),
      concept: Schema.String.annotate({ description: "its type" }),
      description: Schema.String.annotate({ description: "what that type is" })
    })
  )
})

/** Figure 2's question with structured output: the same records without a line format to get wrong. */
export const structured = definePrompt({
  name: "structured",
  version: 1,
  text,
  schema: jsonSchemaOf("annotation", Answer),
  render: (sentence) => [
    { role: "system", content: text },
    { role: "user", content: sentence }
  ],
  parse: parseEntities
})
