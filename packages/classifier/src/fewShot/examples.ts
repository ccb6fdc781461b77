import { fromSpans, InputError, type LabelledSentence, type TextSpan, unmark } from "@nuner/core"

/**
 * A labelled example: a text with its entities in brackets, `"[Ada|person] flew to [Turin|place]."`; a text and spans of it, in UTF-16 units; or words and
 * entities over words.
 */
export type Example = string | { readonly text: string; readonly entities: ReadonlyArray<TextSpan> } | LabelledSentence

/**
 * Examples as labelled sentences. A text of several sentences is one.
 *
 * @throws InputError that says which example, for none at all, for marks or spans that are none, and where no example has an entity
 */
export const readExamples = (examples: ReadonlyArray<Example>): Array<LabelledSentence> => {
  const sentences = examples.map((example, i) => {
    const source = `examples[${i}]`
    if (typeof example === "string") {
      const { text, entities } = unmarked(example, source)
      return fromSpans(text, entities, { overlap: "fail", source }).sentence
    }
    if ("words" in example) return example
    return fromSpans(example.text, example.entities, { overlap: "fail", source }).sentence
  })
  if (!sentences.some(({ entities }) => entities.length > 0)) {
    const reason = sentences.length === 0 ? "are none" : "have no entity"
    throw new InputError({ source: "examples", reason, remedy: 'label some: "[Ada|person] flew to [Turin|place]."' })
  }
  return sentences
}

const unmarked = (example: string, source: string): ReturnType<typeof unmark> => {
  try {
    return unmark(example)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new InputError({ source, reason: error.message, remedy: "write [text|type]" })
  }
}
