import { InputError } from "../errors.ts"
import { asText } from "./documents.ts"
import { isObject, jsonFormat } from "./jsonFormat.ts"

/**
 * Conversations to fine-tune a chat model on, one a text: `{"messages": [system, user, assistant]}`, as the providers take them. The answer is a JSON
 * list of `{"entity", "type"}` in the order of the text, without offsets: models cannot count. It is written only.
 */
export const chat = jsonFormat({
  name: "chat",
  title: "conversations to fine-tune a chat model on (written only)",
  unit: "utf16",
  needs: "annotations",
  fits: (value) => isObject(value) && Array.isArray(value.messages),
  document: ({ line, reading }) => {
    throw new InputError({
      source: reading.source,
      line,
      reason: "conversations are not read",
      remedy: "give the data that they were made from"
    })
  },
  row: (document) => {
    const { entities, text } = asText(document)
    const answer =
      document.entities === undefined && document.annotations !== undefined
        ? document.annotations.map(({ concept, entity }) => ({ entity, type: concept }))
        : entities.map(({ start, end, type }) => ({ entity: text.slice(start, end), type }))
    return {
      messages: [
        { role: "system", content: instruction },
        { role: "user", content: text },
        { role: "assistant", content: JSON.stringify(answer) }
      ]
    }
  }
})

const instruction =
  'Name the entities of the text and their types. Answer with a JSON list of {"entity": "...", "type": "..."} in the order of the text, [] where there is none.'
