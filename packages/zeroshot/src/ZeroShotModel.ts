import type { Entity } from "@nuner/core"
import type { FromPretrainedOptions, ModelLayout } from "@nuner/encoder"

/** An entity over words, with the probability that the model gives it. */
export interface ScoredEntity extends Entity {
  readonly score: number
}

/** An entity in a text: `text.slice(start, end)`, in UTF-16 units. */
export interface TextEntity extends ScoredEntity {
  readonly text: string
}

/** A sentence whose words are known; `text` and `offsets`, where given, are the running text and their places in it. */
export interface WordSequence {
  readonly words: ReadonlyArray<string>
  readonly text?: string | undefined
  readonly offsets?: ReadonlyArray<{ readonly start: number; readonly end: number }> | undefined
}

/** A type as it is called, and what the model reads for it where that is something else: a description, or several phrasings. */
export type ZeroShotType = string | { readonly name: string; readonly read: string | ReadonlyArray<string> }

export interface ZeroShotOptions {
  /** Least probability of an entity. Default: the model's own. */
  readonly threshold?: number | undefined
  /** The same for single types, over `threshold`. */
  readonly thresholds?: Readonly<Record<string, number>> | undefined
  /** Whether an entity may lie inside another one. Default false; models that give each word its types have none. */
  readonly nested?: boolean | undefined
  /** Whether the same words may be entities of several types. Default false. */
  readonly multiLabel?: boolean | undefined
  /** The most tokens of a batch, padding included. Default 2048. */
  readonly batchTokens?: number | undefined
  /** Looked at between batches. */
  readonly signal?: AbortSignal | undefined
}

/** What stood in the way of finding everything; all zero where nothing did. */
export interface Unrepresented {
  /** Texts without a word: they have no entity. */
  readonly emptyTexts: number
  /** Texts that were read in windows, since they are longer than the model reads at once. */
  readonly windowedTexts: number
  /** Words that were cut off, where the published code does that. */
  readonly unreadWords: number
  /** Types given a second time; the first one counts. */
  readonly repeatedTypes: number
  /** Groups into which the types were divided, where there are more than a prompt holds; types of different groups did not compete. 1: all read at once. */
  readonly typeGroups: number
}

/** Entities of each text, in order of place, and what could not be represented. */
export interface ZeroShotPrediction<E extends ScoredEntity> {
  readonly entities: Array<Array<E>>
  readonly unrepresented: Unrepresented
}

export interface SaveZeroShotOptions {
  /** The text of README.md: see `modelCard`. Default: none is written. */
  readonly card?: string | undefined
}

/** A recogniser of types that are given as words when it is asked. */
export interface ZeroShotModel {
  /** "gliner", "bi-encoder": the layout of its directory. */
  readonly kind: string
  /** The widest entity, in words; absent: any. An entity of `n` words is out of reach where `n > maxWidth`. */
  readonly maxWidth?: number | undefined
  /**
   * The entities of each text. A text of any length is read; any number of types.
   *
   * @throws OptionError
   */
  predict(
    texts: ReadonlyArray<string>,
    types: ReadonlyArray<ZeroShotType>,
    options?: ZeroShotOptions
  ): Promise<ZeroShotPrediction<TextEntity>>
  /** The same of sentences whose words are given; offsets count words. */
  predictWords(
    sentences: ReadonlyArray<WordSequence>,
    types: ReadonlyArray<ZeroShotType>,
    options?: ZeroShotOptions
  ): Promise<ZeroShotPrediction<ScoredEntity>>
  /** Writes a directory that `ZeroShot.fromPretrained` reads. */
  save(directory: string, options?: SaveZeroShotOptions): Promise<void>
  /** Frees the network. */
  dispose(): void
}

/** How the models of one layout on disk are recognised and read. */
export interface ZeroShotKind {
  readonly kind: string
  /** A file that only directories of this kind hold. */
  readonly file: string
  /** What is fetched of one from the hub. */
  readonly layout: ModelLayout
  /**
   * @param options where else something may be found
   * @throws InputError, SafetensorsError
   */
  load(directory: string, options: FromPretrainedOptions): Promise<ZeroShotModel>
}
