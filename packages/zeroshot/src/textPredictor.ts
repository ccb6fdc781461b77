import { placedIn, type Word, wordedText } from "@nuner/core"
import type {
  ScoredEntity,
  TextEntity,
  WordSequence,
  ZeroShotOptions,
  ZeroShotPrediction,
  ZeroShotType
} from "./ZeroShotModel.ts"

type Predict<Input, E extends ScoredEntity, Options> = (
  inputs: ReadonlyArray<Input>,
  types: ReadonlyArray<ZeroShotType>,
  options?: Options
) => Promise<ZeroShotPrediction<E>>

/** `predict` of a model that can `predictWords`: words by a rule, entities back at their places in the text. */
export const textPredictor =
  <Options extends ZeroShotOptions>(
    wordsOf: (text: string) => ReadonlyArray<Word>,
    predictWords: Predict<WordSequence, ScoredEntity, Options>
  ): Predict<string, TextEntity, Options> =>
  async (texts, types, options) => {
    const sentences = texts.map((text) => wordedText(text, wordsOf))
    const { entities, unrepresented } = await predictWords(sentences, types, options)
    return { entities: entities.map((ofText, i) => placedIn(sentences[i]!, ofText)), unrepresented }
  }
