import { OptionError, rng } from "@nuner/core"

/**
 * `size` of the sentences, drawn by the seed and in the order of the input: the ablation of the number of sentences (section 5.3).
 * Of two sizes the smaller sample is part of the larger.
 *
 * @throws OptionError when there are fewer
 */
export const sampleSentences = <A>(sentences: ReadonlyArray<A>, size: number | undefined, seed: number) => {
  if (size === undefined) return sentences
  if (size > sentences.length) {
    const reason = `${size} sentences are asked for, there are ${sentences.length} to train on`
    throw new OptionError({ component: "pretrain", option: "sampleSize", reason, remedy: "leave it out to take all" })
  }
  const order = rng(seed)
    .fork("sample")
    .shuffle(Array.from(sentences, (_, i) => i))
  const chosen = new Set(order.slice(0, size))
  return sentences.filter((_, i) => chosen.has(i))
}
