import { decodeOptions, option, PositiveInt } from "@nuner/core"
import { stretches } from "@nuner/engine"
import * as Schema from "effect/Schema"
import type { PredictOptions, TextEntity, TokenClassifier } from "./tokenClassifier.ts"

const Options = Schema.Struct({
  readAhead: option(PositiveInt, {
    default: 256,
    help: "texts that are read ahead and sorted by length together; fewer where they are long, of 2^18 UTF-16 units together"
  })
})

export interface PredictStreamOptions extends PredictOptions, Partial<(typeof Options)["Encoded"]> {
  /** Told each time that entities were found: in so many texts until now. */
  readonly onProgress?: ((progress: { readonly texts: number }) => void) | undefined
}

/** What came in, and what was found in its text. */
export interface PredictedText<A extends string | { readonly text: string }> {
  readonly input: A
  readonly entities: Array<TextEntity>
}

/**
 * The entities of a stream of texts, as they come in and in their order: a corpus of any size, in the memory of `readAhead` texts. Texts may bring what else is
 * known of them: `{ text, id }`.
 *
 * @param options `signal` ends it between batches, with the signal's reason
 * @throws OptionError; the signal's reason
 */
export async function* predictStream<A extends string | { readonly text: string }>(
  classifier: Pick<TokenClassifier, "predict">,
  texts: Iterable<A> | AsyncIterable<A>,
  { onProgress, readAhead: asked, ...options }: PredictStreamOptions = {}
): AsyncGenerator<PredictedText<A>> {
  const { readAhead } = decodeOptions("predictStream", Options, { ...(asked !== undefined && { readAhead: asked }) })
  let done = 0
  for await (const inputs of stretches(texts, (input) => textOf(input).length, { count: readAhead })) {
    options.signal?.throwIfAborted()
    const found = await classifier.predict(inputs.map(textOf), options)
    done += inputs.length
    onProgress?.({ texts: done })
    for (const [i, input] of inputs.entries()) yield { input, entities: found[i]! }
  }
}

const textOf = (input: string | { readonly text: string }): string => (typeof input === "string" ? input : input.text)
