import { decodeOptions, type LabelledSentence, rng } from "@nuner/core"
import { Schema } from "effect"
import { countWithDefault, Seed } from "../options.ts"

const Options = Schema.Struct({
  /** Default 1,000, the paper's test sets in its comparison with LLMs. */
  size: countWithDefault(1000),
  seed: Seed
})
export interface SampleSentencesOptions extends Schema.Codec.Encoded<typeof Options> {
  readonly sentences: ReadonlyArray<LabelledSentence>
}

/** A test set cut to `size` sentences, drawn uniformly, in their order; all of them where there are no more. @throws OptionError */
export const sampleSentences = (options: SampleSentencesOptions): Array<LabelledSentence> => {
  const { sentences, ...rest } = options
  const { size, seed } = decodeOptions("sampleSentences", Options, rest)
  const drawn = rng(seed)
    .shuffle(sentences.map((_, i) => i))
    .slice(0, size)
  return drawn.sort((a, b) => a - b).map((i) => sentences[i]!)
}
