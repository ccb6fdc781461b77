import { Entity, fromSpans, InputError, issueOf, LabelledSentence, partsOf, type TextSpan, unmark } from "@nuner/core"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

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
      return sentenceOf(text, entities, source)
    }
    check(example, source)
    return "words" in example ? example : sentenceOf(example.text, example.entities, source)
  })
  if (!sentences.some(({ entities }) => entities.length > 0)) {
    const reason = sentences.length === 0 ? "are none" : "have no entity"
    throw new InputError({ source: "examples", reason, remedy: 'label some: "[Ada|person] flew to [Turin|place]."' })
  }
  return sentences
}

const InText = Schema.Struct({ text: Schema.String, entities: Schema.Array(Entity) })

/** @throws InputError for what has not the fields of an example */
const check = (example: unknown, source: string): void => {
  const hasWords = typeof example === "object" && example !== null && "words" in example
  const decoded = Schema.decodeUnknownResult(hasWords ? LabelledSentence : InText)(example)
  if (!Result.isFailure(decoded)) return
  const { path: field, reason } = issueOf(decoded.failure, example)
  const remedy = "give text or words, and entities of start, end and type, [] where there are none"
  throw new InputError({ source, ...(field !== "" && { field }), reason, remedy })
}

const sentenceOf = (text: string, entities: ReadonlyArray<TextSpan>, source: string): LabelledSentence => {
  try {
    return fromSpans(text, entities, { overlap: "fail", source }).sentence
  } catch (error) {
    // What the options of a command would make of it is decided by whoever writes examples.
    if (!(error instanceof InputError) || !error.remedy?.includes("--")) throw error
    throw new InputError({ ...partsOf(error), remedy: "label whole words, and none twice" })
  }
}

const unmarked = (example: string, source: string): ReturnType<typeof unmark> => {
  const refuse = (reason: string, remedy: string): never => {
    throw new InputError({ source, reason, remedy })
  }
  try {
    const read = unmark(example)
    if (!read.isUnclear) return read
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return refuse(error.message, "write [text|type]")
  }
  return refuse("has a bracket and a bar that are no mark", "write [text|type], and \\[ for a bracket of the text")
}
