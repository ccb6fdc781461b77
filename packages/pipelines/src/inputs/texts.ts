import type { Span } from "@nuner/core"
import type { Intake } from "./intake.ts"
import { sourcesOf } from "./sources.ts"

/** A text to predict on: by itself, or a sentence of a file. */
export interface InputText {
  readonly text: string
  readonly id?: string
  /** Of its record, as they are. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
  /** Of a sentence that was split off a document: where it begins there, in UTF-16 units; in plain text the document is the file. */
  readonly start?: number
}

/** Each argument is a file or folder to read, or else a text itself. @throws InputError */
export async function* textsOf(inputs: ReadonlyArray<string>, door: Intake): AsyncGenerator<InputText> {
  for (const input of inputs) {
    if (sourcesOf(input) === undefined) {
      yield { text: input }
      continue
    }
    for await (const { document, id, start, text } of door.sentences(input)) {
      const whole = document.text === undefined || (document.at === undefined && document.text === text)
      yield { id, text, fields: document.fields, ...(whole ? {} : { start: (document.at ?? 0) + start }) }
    }
  }
}

/** A text with what a model found in it. Spans are UTF-16 units of the text. */
export type Predicted<E extends Span> = Omit<InputText, "fields"> & {
  /** With `start`, also where they stand in the document. */
  readonly entities: ReadonlyArray<E & { readonly document?: Span }>
}

/** What was read of a text, and what was found: every field of its record stays. */
export const predicted = <E extends Span>(
  { fields, id, start, text }: InputText,
  entities: ReadonlyArray<E>
): Predicted<E> => ({
  ...fields,
  ...(id === undefined ? {} : { id }),
  text,
  ...(start === undefined ? {} : { start }),
  entities: entities.map((entity) =>
    start === undefined ? entity : { ...entity, document: { start: start + entity.start, end: start + entity.end } }
  )
})
