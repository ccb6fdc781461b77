import { type PredictedText, type PredictStreamOptions, predictStream } from "@nuner/classifier"
import type { Recogniser } from "./loadRecogniser.ts"

/** The entities of each text, in order: as they come in, or all at once where a recogniser needs all texts together. */
export async function* predictTexts<A extends string | { readonly text: string }>(
  recogniser: Recogniser,
  texts: Iterable<A> | AsyncIterable<A>,
  options: PredictStreamOptions = {}
): AsyncGenerator<PredictedText<A>> {
  if (!recogniser.together) {
    yield* predictStream(recogniser, texts, options)
    return
  }
  const inputs = await Array.fromAsync(texts)
  const found = await recogniser.predict(
    inputs.map((input) => (typeof input === "string" ? input : input.text)),
    options
  )
  options.onProgress?.({ texts: inputs.length })
  for (const [i, input] of inputs.entries()) yield { input, entities: found[i]! }
}
