import type { Word } from "@nuner/core"
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
    const sentences = texts.map((text) => {
      const offsets = wordsOf(text)
      return { text, offsets, words: offsets.map(({ word }) => word) }
    })
    const { entities, unrepresented } = await predictWords(sentences, types, options)
    const found = entities.map((ofText, i) => {
      const { offsets, text } = sentences[i]!
      return ofText.map((entity): TextEntity => {
        const start = offsets[entity.start]!.start
        const end = offsets[entity.end - 1]!.end
        return { ...entity, start, end, text: text.slice(start, end) }
      })
    })
    return { entities: found, unrepresented }
  }
