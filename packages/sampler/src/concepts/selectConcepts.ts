import { type Counts, decodeOptions, OptionError, option, PositiveInt, rng } from "@nuner/core"
import { Schema } from "effect"
import { allConceptNames, type ConceptSentence, conceptNames, keepConcepts } from "./ConceptSentence.ts"
import { frequenciesOf, topConcepts } from "./conceptFrequencies.ts"
import { foldingOnce } from "./foldConcept.ts"

/** Which sentences and annotations are trained on. */
export const SelectSettings = Schema.Struct({
  uninformative: option(Schema.Array(Schema.NonEmptyString), {
    default: ["concept"],
    help: "a sentence that carries one of these concepts is dropped whole (NuNER, section 3.1)"
  }),
  sampleSize: option(Schema.optionalKey(PositiveInt), {
    help: "use this many of the sentences, drawn by `seed`: of two sizes the smaller is part of the larger (section 5.3)",
    absent: "all"
  }),
  top: option(Schema.optionalKey(PositiveInt), {
    help: "keep only the annotations of the n most frequent concepts of the sample (section 5.2)",
    absent: "all"
  }),
  empty: option(Schema.Literals(["drop", "keep"]), {
    default: "drop",
    help: "sentences without any annotation left; they may stay, as examples of what is none of the concepts"
  }),
  seed: option(Schema.Int, { default: 0, help: "of the sample", needs: { option: "sampleSize" } })
})
export type SelectOptions = (typeof SelectSettings)["Encoded"]

/** What is chosen from: the concept names of each sentence, by its number. */
export interface ConceptCorpus {
  readonly count: number
  /** Of its annotations, or its mentions: what it can be trained on. */
  names(sentence: number): ReadonlyArray<string>
  /** The same with the annotations that found no place: everything the LLM said. */
  allNames(sentence: number): ReadonlyArray<string>
}

export interface SentenceChoice {
  /** The sentences that stay, ascending. */
  readonly kept: Int32Array
  /** Whether an annotation of this name stays. */
  readonly keeps: (name: string) => boolean
  /** Both balance: in = out + dropped. */
  readonly counts: { readonly sentences: Counts; readonly annotations: Counts }
}

/**
 * The sentences and annotations (after alignment: mentions) that are trained on, in the paper's order: uninformative sentences go, a sample
 * is drawn, and of the sample the most frequent concepts stay. Nothing is renamed; concepts are compared folded.
 *
 * @throws OptionError, also for a sample larger than what it is drawn from
 */
export const chooseSentences = (corpus: ConceptCorpus, options: SelectOptions = {}): SentenceChoice => {
  const { uninformative, sampleSize, seed, top, empty } = decodeOptions("selectConcepts", SelectSettings, options)
  const all = Array.from({ length: corpus.count }, (_, sentence) => sentence)
  const sizes = Uint32Array.from(all, (sentence) => corpus.names(sentence).length)
  const annotations = (sentences: ReadonlyArray<number>): number =>
    sentences.reduce((sum, sentence) => sum + sizes[sentence]!, 0)

  const fold = foldingOnce()
  const refused = new Set(uninformative.map(fold))
  const informative = all.filter((sentence) => !corpus.allNames(sentence).some((name) => refused.has(fold(name))))
  const usable = empty === "keep" ? informative : informative.filter((sentence) => sizes[sentence]! > 0)
  const sample = sampleSentences(usable, sampleSize, seed)
  const [inAll, inInformative, inSample] = [annotations(all), annotations(informative), annotations(sample)]
  const keeps = top === undefined ? () => true : mostFrequent(corpus, sample, top, fold)
  if (top !== undefined) for (const sentence of sample) sizes[sentence] = corpus.names(sentence).filter(keeps).length
  const kept = empty === "keep" ? sample : sample.filter((sentence) => sizes[sentence]! > 0)
  const inKept = annotations(kept)
  return {
    kept: Int32Array.from(kept),
    keeps,
    counts: {
      sentences: {
        in: all.length,
        out: kept.length,
        dropped: {
          uninformative: all.length - informative.length,
          empty: informative.length - usable.length,
          notSampled: usable.length - sample.length,
          rare: sample.length - kept.length
        }
      },
      annotations: {
        in: inAll,
        out: inKept,
        dropped: { uninformative: inAll - inInformative, notSampled: inInformative - inSample, rare: inSample - inKept }
      }
    }
  }
}

/**
 * `size` of the sentences, drawn by the seed and in the order of the input: the ablation of the number of sentences (section 5.3).
 * Of two sizes the smaller sample is part of the larger.
 *
 * @throws OptionError when there are fewer
 */
export const sampleSentences = <A>(
  sentences: ReadonlyArray<A>,
  size: number | undefined,
  seed: number
): ReadonlyArray<A> => {
  if (size === undefined) return sentences
  if (size > sentences.length) {
    const reason = `${size} sentences are asked for, there are ${sentences.length} to draw from`
    throw new OptionError({ component: "sample", option: "sampleSize", reason, remedy: "leave it out to take all" })
  }
  const order = rng(seed)
    .fork("sample")
    .shuffle(Array.from(sentences, (_, i) => i))
  const chosen = new Set(order.slice(0, size))
  return sentences.filter((_, i) => chosen.has(i))
}

const mostFrequent = (
  corpus: ConceptCorpus,
  sentences: ReadonlyArray<number>,
  top: number,
  fold: (name: string) => string
) => {
  const frequencies = frequenciesOf(sentences.values().flatMap((sentence) => corpus.names(sentence)))
  const chosen = new Set(topConcepts(frequencies, top))
  return (name: string): boolean => chosen.has(fold(name))
}

export interface ConceptSelection<S> extends Pick<SentenceChoice, "counts"> {
  readonly sentences: ReadonlyArray<S>
}

/**
 * `chooseSentences` of sentences in memory, with only the annotations that stay.
 *
 * @throws OptionError
 */
export const selectConcepts = <S extends ConceptSentence>(
  sentences: ReadonlyArray<S>,
  options: SelectOptions = {}
): ConceptSelection<S> => {
  const { counts, keeps, kept } = chooseSentences(corpusOf(sentences), options)
  return { sentences: Array.from(kept, (sentence) => keepConcepts(sentences[sentence]!, keeps)), counts }
}

/** Annotated sentences as `chooseSentences` reads them. */
const corpusOf = (sentences: ReadonlyArray<ConceptSentence>): ConceptCorpus => ({
  count: sentences.length,
  names: (sentence) => conceptNames(sentences[sentence]!),
  allNames: (sentence) => allConceptNames(sentences[sentence]!)
})
