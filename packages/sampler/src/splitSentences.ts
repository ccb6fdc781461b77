import { decodeOptions, Fraction, option, rng } from "@nuner/core"
import { Schema } from "effect"

/** How much is held out, and by which seed. */
export const SplitSettings = Schema.Struct({
  validation: option(Fraction, {
    default: 0.1,
    help: "part kept out of training, as in the paper"
  }),
  seed: option(Schema.Int, { default: 0, help: "of the split" })
})
export type SplitOptions = (typeof SplitSettings)["Encoded"]

export interface Split<A> {
  readonly train: ReadonlyArray<A>
  readonly validation: ReadonlyArray<A>
}

/**
 * A random split into two, each in the order of the input: `round(validation * n)` sentences to validate on, at least one of each when
 * there are two sentences and the part is neither 0 nor 1. Split sentences, not windows of them.
 *
 * @throws OptionError
 */
export const splitSentences = <A>(sentences: ReadonlyArray<A>, options: SplitOptions = {}): Split<A> => {
  const { validation, seed } = decodeOptions("splitSentences", SplitSettings, options)
  const n = sentences.length
  const rounded = Math.round(validation * n)
  const size = validation === 0 || validation === 1 || n < 2 ? rounded : Math.max(1, Math.min(n - 1, rounded))
  const held = new Set(
    rng(seed)
      .fork("split")
      .shuffle(Array.from({ length: n }, (_, i) => i))
      .slice(0, size)
  )
  return {
    train: sentences.filter((_, i) => !held.has(i)),
    validation: sentences.filter((_, i) => held.has(i))
  }
}
