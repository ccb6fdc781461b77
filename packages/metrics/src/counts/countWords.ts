import { InputError } from "@nuner/core"
import { type Counts, CountsBuilder } from "./Counts.ts"
import { type CountOptions, checkPaired, type WithEntities, type WithWords } from "./Labelled.ts"
import { outside, wordLabels } from "./wordLabels.ts"

export interface WordCountOptions extends CountOptions {
  /** "O" is a label like others. Default false. */
  readonly outside?: boolean
}

/**
 * Words by label, B- and I- alike: a word is correct when its label is gold's.
 *
 * @returns a unit a sentence
 * @throws InputError
 */
export const countWords = (
  gold: ReadonlyArray<WithWords>,
  predicted: ReadonlyArray<WithEntities>,
  options: WordCountOptions = {}
): Counts => {
  checkPaired(gold, predicted)
  return countLabels(
    gold.map((sentence) => wordLabels(sentence, sentence.words.length)),
    predicted.map((sentence, i) => wordLabels(sentence, gold[i]!.words.length)),
    options
  )
}

/** As `countWords`, from the labels themselves (`withoutPrefixes` makes them of tags). @throws InputError */
export const countLabels = (
  gold: ReadonlyArray<ReadonlyArray<string>>,
  predicted: ReadonlyArray<ReadonlyArray<string>>,
  { types, outside: withOutside = false }: WordCountOptions = {}
): Counts => {
  checkPaired(gold, predicted)
  const builder = new CountsBuilder(types === undefined || !withOutside ? types : [...types, outside])
  const id = (label: string): number => (label === outside && !withOutside ? -1 : builder.id(label))
  gold.forEach((labels, i) => {
    const guessed = predicted[i]!
    if (guessed.length !== labels.length) {
      const reason = `${guessed.length} labels, gold has ${labels.length}`
      throw new InputError({ source: "predicted", field: `[${i}]`, reason, remedy: "give every word one label" })
    }
    for (let word = 0; word < labels.length; word++) {
      const right = id(labels[word]!)
      const guess = id(guessed[word]!)
      if (right === guess) {
        if (right >= 0) builder.add(right, 1, 1, 1)
        continue
      }
      if (right >= 0) builder.add(right, 0, 0, 1)
      if (guess >= 0) builder.add(guess, 0, 1, 0)
    }
    builder.endUnit()
  })
  return builder.build()
}
