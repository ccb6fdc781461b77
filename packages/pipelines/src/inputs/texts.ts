import type { Places, Span } from "@nuner/core"
import type { Intake } from "./intake.ts"
import { sourcesOf } from "./sources.ts"

/** A text to predict on: by itself, or a sentence of a file. */
export interface InputText {
  readonly text: string
  readonly id?: string
  /** Of its record, as they are. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
  /** Of a sentence that was split off a document: where it begins there, in UTF-16 units; in plain text, HTML and Markdown the document is the file. */
  readonly start?: number
  /** Where its units stand in the document, where markup was taken out of it: the first begins at `start`. */
  readonly places?: Places
}

/** Each argument is a file or folder to read, or else a text itself. @throws InputError */
export async function* textsOf(inputs: ReadonlyArray<string>, door: Intake): AsyncGenerator<InputText> {
  for (const input of inputs) {
    if (sourcesOf(input) === undefined) {
      yield { text: input }
      continue
    }
    for await (const { document, id, start, text } of door.sentences(input)) {
      const { at, fields, places } = document
      if (places !== undefined) {
        const end = start + text.length
        const own = { starts: places.starts.subarray(start, end), ends: places.ends.subarray(start, end) }
        yield { id, text, fields, start: own.starts[0]!, places: own }
        continue
      }
      const whole = document.text === undefined || (at === undefined && document.text === text)
      yield { id, text, fields, ...(whole ? {} : { start: (at ?? 0) + start }) }
    }
  }
}

/** A text with what a model found in it. Spans are UTF-16 units of the text. */
export type Predicted<E extends Span> = Omit<InputText, "fields" | "places"> & {
  /** With `start`, also where they stand in the document. */
  readonly entities: ReadonlyArray<E & { readonly document?: Span }>
}

/** What was read of a text, and what was found: every field of its record stays. */
export const predicted = <E extends Span>(
  { fields, id, places, start, text }: InputText,
  entities: ReadonlyArray<E>
): Predicted<E> => ({
  ...fields,
  ...(id === undefined ? {} : { id }),
  text,
  ...(start === undefined ? {} : { start }),
  entities: entities.map((entity) =>
    start === undefined
      ? entity
      : // What comes behind an entity may be markup: it ends behind its last unit.
        {
          ...entity,
          document: places
            ? { start: places.starts[entity.start]!, end: places.ends[entity.end - 1]! }
            : { start: start + entity.start, end: start + entity.end }
        }
  )
})
