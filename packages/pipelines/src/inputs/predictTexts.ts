import { type PredictStreamOptions, predictStream, type TextEntity } from "@nuner/classifier"
import type { Recogniser } from "./loadRecogniser.ts"
import { type InputText, type Predicted, predicted } from "./texts.ts"

/** Texts with their entities, in order: as they come in, or all at once where a recogniser needs all texts together. */
export async function* predictTexts(
  recogniser: Recogniser,
  texts: Iterable<InputText | string> | AsyncIterable<InputText | string>,
  options: PredictStreamOptions = {}
): AsyncGenerator<Predicted<TextEntity>> {
  const inputs = inputsOf(texts)
  if (!recogniser.together) {
    for await (const { entities, input } of predictStream(recogniser, inputs, options)) yield predicted(input, entities)
    return
  }
  const all = await Array.fromAsync(inputs)
  const found = await recogniser.predict(
    all.map(({ text }) => text),
    options
  )
  options.onProgress?.({ texts: all.length })
  for (const [i, input] of all.entries()) yield predicted(input, found[i]!)
}

async function* inputsOf(
  texts: Iterable<InputText | string> | AsyncIterable<InputText | string>
): AsyncGenerator<InputText> {
  for await (const text of texts) yield typeof text === "string" ? { text } : text
}
