import { type Entity, type LabelledSentence, placedIn, typesIn, wordedText } from "@nuner/core"
import type { Adapted } from "../adapt/adapt.ts"
import { adapt } from "../adapt/adapt.ts"
import { recognise } from "../adapt/recognise.ts"
import { openSession } from "../adapt/Session.ts"
import { loadTadNer } from "../files/loadTadNer.ts"
import { saveTadNer } from "../files/saveTadNer.ts"
import { copyModel, type TadNerModel } from "../model/TadNerModel.ts"
import { nameTypes, type TypeNames } from "../names/nameTypes.ts"
import { type AdaptOptions, type AdaptSettings, adaptSettings } from "../options.ts"
import { encodeRows } from "../words/encodeRows.ts"
import { type Example, labelledExamples } from "./examples.ts"

/** An entity over words, with its score: half of its best type score, the number that the filter compares with the threshold. */
export interface ScoredEntity extends Entity {
  readonly score: number
}

/** An entity in a text: `text.slice(start, end)`, in UTF-16 units. */
export interface TextEntity extends ScoredEntity {
  readonly text: string
}

export interface PredictOptions {
  /** Ends it between two batches, with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

type Words = Pick<LabelledSentence, "words" | "text" | "offsets">

/** A recogniser of types that it learned from a handful of examples. */
export interface TadNer extends Adapted {
  readonly model: TadNerModel
  readonly settings: AdaptSettings
  readonly typeNames: ReadonlyArray<string>
  /**
   * The entities of each text. A text of any length is read, in windows where it is long. In the published mode, whose scores are normalised
   * over all spans, they depend on the texts that are given together.
   */
  predict(texts: ReadonlyArray<string>, options?: PredictOptions): Promise<Array<Array<TextEntity>>>
  /** The entities of sentences whose words are given; offsets count words. */
  predictWords(sentences: ReadonlyArray<Words>, options?: PredictOptions): Promise<Array<Array<ScoredEntity>>>
  /** Writes a directory that `TadNer.load` reads. */
  save(directory: string): Promise<void>
  /** Frees the networks. */
  dispose(): void
}

export interface FitInput extends AdaptOptions {
  /** Source-trained; stays as it is. */
  readonly model: TadNerModel
  /** Default: the types of the examples. A type without an example is known by its name alone. */
  readonly types?: ReadonlyArray<string>
  /** What types are, in natural language; others are derived from the labels. */
  readonly typeNames?: TypeNames
  readonly signal?: AbortSignal
}

/**
 * Learns new types from examples, 1 to 10 of each (TadNER, steps 1 to 4). The types need not be known to the model.
 *
 * @throws OptionError, InputError, NonFiniteError
 */
const fit = async (support: ReadonlyArray<Example | LabelledSentence>, input: FitInput): Promise<TadNer> => {
  const { model: source, signal, typeNames, types: asked, ...options } = input
  const settings = adaptSettings(options)
  const sentences = labelledExamples(support)
  const types = asked ?? typesIn(sentences)
  const names = nameTypes(types, typeNames)
  const model = copyModel(source)
  const session = openSession(model, settings)
  try {
    return tadNer({
      model,
      settings,
      typeNames: names,
      ...(await adapt(session, { types, names, support: sentences, signal }))
    })
  } catch (error) {
    model.dispose()
    throw error
  } finally {
    session.close()
  }
}

/** What a recogniser is made of. */
export type TadNerParts = Pick<TadNer, "model" | "settings" | "typeNames" | keyof Adapted>

const tadNer = (parts: TadNerParts): TadNer => {
  const { model, settings, types } = parts
  const predictWords: TadNer["predictWords"] = async (sentences, { signal } = {}) => {
    const session = openSession(model, settings)
    try {
      const rows = await encodeRows(sentences, model.classifier, settings)
      const { spans, typed } = await recognise(session, parts, rows, signal)
      const found: Array<Array<ScoredEntity>> = sentences.map(() => [])
      for (const [i, { end, sentence, start }] of spans.entries()) {
        const { kept, score, type } = typed[i]!
        if (kept) found[sentence]!.push({ start, end, type: types[type]!, score })
      }
      return found
    } finally {
      session.close()
    }
  }
  return {
    ...parts,
    predictWords,
    predict: async (texts, options) => {
      const worded = texts.map((text) => wordedText(text))
      const predicted = await predictWords(worded, options)
      return predicted.map((entities, i) => placedIn(worded[i]!, entities))
    },
    save: (directory) => saveTadNer(directory, parts),
    dispose: () => model.dispose()
  }
}

/** Reads what `save` wrote. @throws InputError, SafetensorsError */
const load = async (directory: string): Promise<TadNer> => tadNer(await loadTadNer(directory))

/** TadNER for everyday use: `TadNer.fit(examples, { model })`, then `.predict(texts)`. */
export const TadNer = { fit, load } as const
