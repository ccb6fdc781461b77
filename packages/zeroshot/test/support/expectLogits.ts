import { expect } from "bun:test"
import { wordRules } from "@nuner/zeroshot"

/** What a peer said of a batch: logits `[rows, words, width, last]`, one after the other. */
interface Reference {
  readonly sample: ReadonlyArray<string>
  readonly shape: ReadonlyArray<number>
  readonly logits: ReadonlyArray<number>
}

/** Expects a peer's logits within 1e-5, wherever they mean something. */
export const expectLogits = (found: ArrayLike<number>, wanted: Reference, spanMode: string): void => {
  const [, words, width, last] = wanted.shape as [number, number, number, number]
  let compared = 0
  for (const [row, text] of wanted.sample.entries()) {
    const own = wordRules.published(text).length
    for (let word = 0; word < own; word++) {
      for (let k = 0; k < width; k++) {
        // A span past the end means nothing on either side.
        if (spanMode !== "token_level" && word + k >= own) continue
        for (let i = 0; i < last; i++) {
          const cell = ((row * words + word) * width + k) * last + i
          expect(Math.abs(found[cell]! - wanted.logits[cell]!)).toBeLessThan(1e-5)
          compared++
        }
      }
    }
  }
  expect(compared).toBeGreaterThan(90)
}
