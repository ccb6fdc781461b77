import type { Entity } from "@nuner/core"
import type { scored } from "../benchmark/Run.ts"
import type { Unit } from "../benchmark/TrainingSet.ts"

/** How a language model is asked (NuNER, section 6). */
export type LlmMethod = "in-context" | "universal-ner"

/** What it costs to ask, repeats and earlier tries included. */
export interface Usage {
  /** Sent, retries among them. */
  readonly requests: number
  /** Where the endpoint tells. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars; undefined: the model has no price. */
  readonly cost?: number
}

/** A model with the examples of one training set, and its scores on the test set. */
export interface LlmRun extends Usage, ReturnType<typeof scored> {
  readonly dataset: string
  readonly method: LlmMethod
  readonly model: string
  readonly unit: Exclude<Unit, "whole">
  /** Entities (or words) of each type among the examples, 0: no examples. */
  readonly size: number
  /** Number of the training set among those of its size, from 0. */
  readonly set: number
  /** Examples that the prompt shows. */
  readonly examples: number
  readonly testSentences: number
  /** Questions (a sentence, or a sentence and a type) without a usable answer, by reason: nothing is predicted there. */
  readonly unanswered: Readonly<Record<string, number>>
  /** Lines of answers that could not be read, by reason. */
  readonly unreadable: Readonly<Record<string, number>>
  /** Mentions that were answered, and those of them that have no place in their sentence, by the aligner's reasons. */
  readonly mentions: number
  readonly unaligned: Readonly<Record<string, number>>
}

/** What the model said of one test sentence. */
export interface LlmPrediction {
  readonly unit: Exclude<Unit, "whole">
  readonly size: number
  readonly set: number
  /** The sentence's number in the test set. */
  readonly sentence: number
  readonly text: string
  /** Over the words of the test set. */
  readonly entities: ReadonlyArray<Entity>
}
