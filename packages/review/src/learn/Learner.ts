import {
  classesOf,
  type FitProbeOptions,
  fitProbe,
  type Head,
  headOfScores,
  predictFeatures,
  probabilities,
  type ScoredEntity,
  selectSentences,
  type TypeScores,
  type WordFeatures
} from "@nuner/classifier"
import { decodeOptions, type Entity, type LabelledSentence, option, Positive, rng, typesIn } from "@nuner/core"
import { Schema } from "effect"
import { Diversity } from "./Diversity.ts"
import { sentenceVectors } from "./sentenceVectors.ts"
import { uncertainty } from "./uncertainty.ts"

/** How a review chooses what comes next, and what it learns from. */
export const LearnerOptions = Schema.Struct({
  strategy: option(Schema.Literals(["useful", "random", "order"]), {
    default: "useful",
    help: "which sentences come next: those of which the model is unsure and which are unlike what was answered; any, the control; or as they stand in the file",
    needs: { option: "audit", is: [0] }
  }),
  c: option(Positive, { default: 0.1, help: "inverse L2 strength of the probe" }),
  seed: option(Schema.Int, { default: 0, help: "of the random choices" })
})
export type LearnerOptions = Partial<(typeof LearnerOptions)["Encoded"]>

/**
 * A probe that learns from one answer after the other, over vectors that were computed once. A refit begins where the last one ended, so
 * that it takes milliseconds.
 */
export class Learner {
  /** The model so far; none before an answer. */
  head: Head | undefined
  /** What the types' names say, where a refit begins. */
  scores: TypeScores = new Map()
  readonly features: WordFeatures
  readonly #sentences: ReadonlyArray<Pick<LabelledSentence, "words">>
  readonly #settings: (typeof LearnerOptions)["Type"]
  readonly #answers = new Map<number, ReadonlyArray<Entity>>()
  readonly #vectors: Float32Array
  /** Every sentence's place in a random order. */
  readonly #place: Int32Array
  #diversity: Diversity

  /**
   * @param sentences the pool
   * @param features their words' vectors
   * @throws OptionError
   */
  constructor(
    sentences: ReadonlyArray<Pick<LabelledSentence, "words">>,
    features: WordFeatures,
    options: LearnerOptions = {}
  ) {
    this.#settings = decodeOptions("review", LearnerOptions, options)
    this.#sentences = sentences
    this.features = features
    this.#vectors = sentenceVectors(features)
    this.#diversity = new Diversity(this.#vectors, features.width)
    const random = rng(this.#settings.seed)
    const order = Array.from(sentences, (_, i) => ({ i, key: random.next() })).toSorted((a, b) => a.key - b.key)
    this.#place = new Int32Array(sentences.length)
    for (const [place, { i }] of order.entries()) this.#place[i] = place
  }

  /** The entities of a sentence, as a person has them; an earlier answer to it is replaced. */
  answer(sentence: number, entities: ReadonlyArray<Entity>): void {
    if (!this.#answers.has(sentence)) this.#diversity.add(sentence)
    this.#answers.set(sentence, entities)
  }

  /** Takes an answer back. */
  forget(sentence: number): void {
    if (!this.#answers.delete(sentence)) return
    this.#diversity = new Diversity(this.#vectors, this.features.width)
    for (const other of this.#answers.keys()) this.#diversity.add(other)
  }

  /** Fits the probe to all answers. @param types to have a class for, beside those that occur */
  refit(types: ReadonlyArray<string> = [], options: FitProbeOptions = {}): void {
    if (this.#answers.size === 0) {
      this.head = undefined
      return
    }
    const sentences = [...this.#answers].map(([sentence, entities]) => ({
      words: this.#sentences[sentence]!.words,
      entities
    }))
    const features = selectSentences(this.features, [...this.#answers.keys()])
    const classes = classesOf([...typesIn(sentences), ...types])
    const { width } = this.features
    const prior = headOfScores(this.scores, classes, "bare", { depth: 0, hidden: width, layers: [-1] })
    const settings = { c: this.#settings.c, types, tolerance: 1e-4, maxIterations: 100, ...options }
    this.head = fitProbe(features, sentences, settings, { prior, start: this.head }).head
  }

  /** What the model finds in a sentence; nothing before there is one. */
  predict(sentences: ReadonlyArray<number>): Array<Array<ScoredEntity>> {
    const { head } = this
    if (head === undefined) return sentences.map(() => [])
    return predictFeatures({ head }, selectSentences(this.features, sentences))
  }

  /**
   * The sentences to ask about next, the best first: the next is the one with the largest product of uncertainty and distance to all that
   * were answered or chosen before it.
   *
   * @param open whether a sentence may be chosen
   */
  next(count: number, open: (sentence: number) => boolean): Array<number> {
    const candidates = Array.from(this.#sentences.keys()).filter((i) => !this.#answers.has(i) && open(i))
    const { strategy } = this.#settings
    if (strategy === "order") return candidates.slice(0, count)
    const { head } = this
    if (strategy === "random" || head === undefined || head.classes.length < 2) {
      return candidates.toSorted((a, b) => this.#place[a]! - this.#place[b]!).slice(0, count)
    }
    const unsure = uncertainty(probabilities(head, this.features.values), this.features.starts, head.classes.length)
    const diversity = this.#diversity.copy()
    const chosen: Array<number> = []
    const left = new Set(candidates)
    while (chosen.length < count && left.size > 0) {
      let [best, most] = [-1, Number.NEGATIVE_INFINITY]
      for (const i of left) {
        const use = unsure[i]! * diversity.of(i)
        if (use > most) [best, most] = [i, use]
      }
      chosen.push(best)
      left.delete(best)
      if (chosen.length < count) diversity.add(best)
    }
    return chosen
  }
}
