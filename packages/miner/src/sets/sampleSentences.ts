import { decodeOptions, type LabelledSentence, option, rng } from "@nuner/core"
import { Schema } from "effect"
import { Count, seedField } from "../options.ts"

/** How many sentences, by which seed. */
export const SampleOptions = Schema.Struct({
  size: option(Count, { default: 1000, help: "sentences, as in the paper's test sets for its comparison with LLMs" }),
  seed: seedField
})
export interface SampleSentencesOptions extends Schema.Codec.Encoded<typeof SampleOptions> {
  readonly sentences: ReadonlyArray<LabelledSentence>
}

/** A test set cut to `size` sentences, drawn uniformly, in their order; all of them where there are no more. @throws OptionError */
export const sampleSentences = (options: SampleSentencesOptions): Array<LabelledSentence> => {
  const { sentences, ...rest } = options
  const { size, seed } = decodeOptions("sampleSentences", SampleOptions, rest)
  const drawn = rng(seed)
    .shuffle(sentences.map((_, i) => i))
    .slice(0, size)
  return drawn.sort((a, b) => a - b).map((i) => sentences[i]!)
}
