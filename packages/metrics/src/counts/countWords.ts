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
  const seen = new Set<string>(types)
  for (const labels of [gold, predicted].flat()) for (const label of labels) seen.add(label)
  if (!withOutside) seen.delete(outside)
  else if (types !== undefined) seen.add(outside)
  const stray = types === undefined ? undefined : [...seen].find((type) => type !== outside && !types.includes(type))
  if (stray !== undefined) {
    throw new InputError({ source: "labels", reason: `type "${stray}" is not among the types to score` })
  }
  const names = [...seen].sort()
  const index = new Map(names.map((name, i) => [name, i]))
  const builder = new CountsBuilder(names, types !== undefined)
  gold.forEach((labels, i) => {
    const guessed = predicted[i]!
    if (guessed.length !== labels.length) {
      const reason = `${guessed.length} labels, gold has ${labels.length}`
      throw new InputError({ source: "predicted", field: `[${i}]`, reason, remedy: "give every word one label" })
    }
    for (let word = 0; word < labels.length; word++) {
      const right = index.get(labels[word]!)
      const guess = index.get(guessed[word]!)
      if (right !== undefined) builder.add(right, right === guess ? 1 : 0, right === guess ? 1 : 0, 1)
      if (guess !== undefined && guess !== right) builder.add(guess, 0, 1, 0)
    }
    builder.endUnit()
  })
  return builder.build()
}
