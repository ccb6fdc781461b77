import { OptionError, placedIn, wordedText } from "@nuner/core"
import type { Encoder } from "@nuner/encoder"
import type { Thresholds } from "../calibration/fitThresholds.ts"
import type { Pooling } from "../features/FeatureOptions.ts"
import type { WordFeatures } from "../features/selectSentences.ts"
import type { WordSequence } from "../features/WordSequence.ts"
import { type WordFeaturesOptions, wordFeatures } from "../features/wordFeatures.ts"
import { type Head, headWidth } from "../head/Head.ts"
import { probabilities } from "../head/headLogits.ts"
import { type ClassScheme, isOfScheme } from "../labels/classes.ts"
import type { Transitions } from "../transitions/Transitions.ts"
import { decode, type ScoredEntity } from "./decode.ts"

/** An entity in a text: `text.slice(start, end)`, in UTF-16 units. */
export interface TextEntity extends ScoredEntity {
  readonly text: string
}

/** Everything that a classifier is made of. */
export interface ClassifierParts {
  readonly encoder: Encoder
  readonly head: Head
  /** How the head's classes write entities down. */
  readonly scheme: ClassScheme
  /** Hidden states that a word's vector is made of, as the head was trained on. */
  readonly layers: ReadonlyArray<number>
  readonly pooling: Pooling
  /** Divides the logits before the softmax; 1 where it was not calibrated. */
  readonly temperature: number
  /** What follows what; absent: each word gets its best class. */
  readonly transitions?: Transitions | undefined
  /** Entities with a lower score are left out; absent: none is. See `fitThresholds`. */
  readonly thresholds?: Thresholds | undefined
}

export interface PredictOptions extends Pick<WordFeaturesOptions, "batchTokens" | "signal"> {
  /** Leaves out entities with a lower score. Default 0. */
  readonly minScore?: number
}

/** A NER model: encoder and head, and how they belong together. */
export interface TokenClassifier extends ClassifierParts {
  /**
   * The entities of each text, in order of place. Words are those of `words` of @nuner/core; a text of any length is
   * read in overlapping windows.
   *
   * @throws OptionError for a model that was disposed, and where no list is given
   */
  predict(texts: ReadonlyArray<string>, options?: PredictOptions): Promise<Array<Array<TextEntity>>>
  /** The entities of sentences whose words are given; offsets count words. */
  predictWords(sentences: ReadonlyArray<WordSequence>, options?: PredictOptions): Promise<Array<Array<ScoredEntity>>>
  /** Frees the encoder. */
  dispose(): void
}

/**
 * Puts the parts together: a probe on its encoder, for example. Nothing is copied.
 *
 * @throws OptionError where the head is not as wide as the word vectors, or its classes are not of the scheme
 */
export const tokenClassifier = ({
  encoder,
  head,
  scheme = "bare",
  layers = [-1],
  pooling = "first",
  temperature = 1,
  transitions,
  thresholds
}: Pick<ClassifierParts, "encoder" | "head"> & Partial<ClassifierParts>): TokenClassifier => {
  checkParts(encoder, head, scheme, layers, temperature, transitions)
  let isDisposed = false
  const predictWords: TokenClassifier["predictWords"] = async (sentences, { minScore = 0, ...options } = {}) => {
    checkCall(isDisposed, sentences, "sentences")
    const features = await wordFeatures(encoder, sentences, { layers, pooling, ...options })
    const all = predictFeatures({ head, scheme, temperature, transitions, thresholds }, features)
    return minScore > 0 ? all.map((entities) => entities.filter(({ score }) => score >= minScore)) : all
  }
  return {
    ...{ encoder, head, scheme, layers, pooling, temperature, transitions, thresholds },
    predictWords,
    predict: async (texts, options) => {
      checkCall(isDisposed, texts, "texts")
      const worded = texts.map((text) => wordedText(text))
      const predicted = await predictWords(worded, options)
      return predicted.map((entities, i) => placedIn(worded[i]!, entities))
    },
    dispose: () => {
      isDisposed = true
      encoder.dispose()
    }
  }
}

/** The entities of sentences that were encoded before: many heads over one pass of the encoder. */
export const predictFeatures = (
  {
    head,
    scheme = "bare",
    temperature = 1,
    transitions,
    thresholds
  }: Pick<ClassifierParts, "head"> & Partial<ClassifierParts>,
  { values, starts }: WordFeatures
): Array<Array<ScoredEntity>> => {
  const count = head.classes.length
  const all = probabilities(head, values, temperature)
  return Array.from({ length: starts.length - 1 }, (_, i) => {
    const rows = all.subarray(starts[i]! * count, starts[i + 1]! * count)
    const entities = decode(rows, head.classes, scheme, transitions)
    if (thresholds === undefined) return entities
    return entities.filter(({ score, type }) => !Object.hasOwn(thresholds, type) || score >= thresholds[type]!)
  })
}

/** @throws OptionError for a model that was disposed, and for one text where a list is asked */
const checkCall = (isDisposed: boolean, items: unknown, option: string): void => {
  const fail = (option: string, reason: string, remedy: string): never => {
    throw new OptionError({ component: "predict", option, reason, remedy })
  }
  if (!Array.isArray(items)) fail(option, "is no list", `give one of ${option}, also where it is a single one`)
  if (isDisposed) fail("model", "was disposed", "load it again, and dispose it when done")
}

const checkParts = (
  encoder: Encoder,
  head: Head,
  scheme: ClassScheme,
  layers: ReadonlyArray<number>,
  temperature: number,
  transitions: Transitions | undefined
): void => {
  const fail = (option: string, reason: string): never => {
    throw new OptionError({ component: "tokenClassifier", option, reason })
  }
  const { hidden, layers: depth } = encoder.config
  for (const layer of layers) {
    if (!Number.isInteger(layer) || layer < -depth - 1 || layer > depth)
      fail("layers", `${layer} is not in ${-depth - 1}..${depth}`)
  }
  if (headWidth(head) !== hidden * layers.length) {
    fail("head", `takes vectors of ${headWidth(head)}, ${layers.length} x ${hidden} come from the encoder`)
  }
  const states = head.classes.length + 1
  if (transitions && !(transitions.length === states && transitions.every((row) => row.length === states))) {
    fail("transitions", `are not [${states}, ${states}], one row more than the head has classes`)
  }
  if (!isOfScheme(head.classes, scheme))
    fail("scheme", `is "${scheme}", which the classes ${head.classes.join(", ")} are not of`)
  if (!(temperature > 0)) fail("temperature", `must be greater than 0, got ${temperature}`)
}
