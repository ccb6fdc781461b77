import { fromSpans, InputError, type LabelledSentence, type TextSpan } from "@nuner/core"

/** An entity in an example: its place in UTF-16 units, or its text, which then stands for every place where it occurs. */
export type ExampleEntity = TextSpan | { readonly text: string; readonly type: string }

/** A text with the entities in it. */
export interface Example {
  readonly text: string
  readonly entities: ReadonlyArray<ExampleEntity>
}

/** Examples as sentences of words. @throws InputError for an entity that is not in its text, or that cuts a word */
export const labelledExamples = (examples: ReadonlyArray<Example | LabelledSentence>): Array<LabelledSentence> =>
  examples.map((example, i) => {
    if ("words" in example) return example
    const source = `support[${i}]`
    const spans = example.entities.flatMap((entity): ReadonlyArray<TextSpan> => {
      if (!("text" in entity)) return [entity]
      const found = placesOf(entity.text, example.text).map((start) => ({
        start,
        end: start + entity.text.length,
        type: entity.type
      }))
      if (found.length > 0) return found
      const reason = `${JSON.stringify(entity.text)} is not in the text`
      throw new InputError({ source, field: "entities", reason, remedy: "copy it from the text" })
    })
    return fromSpans(example.text, spans, { source }).sentence
  })

const placesOf = (part: string, text: string): Array<number> => {
  const places: Array<number> = []
  const isWord = (unit: string | undefined) => unit !== undefined && /[\p{L}\p{N}]/u.test(unit)
  for (let at = part === "" ? -1 : text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
    // Inside a longer word it is another thing.
    const cut = (isWord(text[at - 1]) && isWord(part[0])) || (isWord(part.at(-1)) && isWord(text[at + part.length]))
    if (!cut) places.push(at)
  }
  return places
}
