import { InputError } from "@nuner/core"
import { type Counts, CountsBuilder } from "./Counts.ts"
import { type CountOptions, checkPaired, ofTypes, type WithEntities, type WithWords } from "./Labelled.ts"
import { none, outside, wordLabels } from "./wordLabels.ts"

export interface WordCountOptions extends CountOptions {
  /** "O" is a label like others, averaged over where it occurs; where a type is called so, it is "" instead. Default false. */
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
  const labels = ofTypes(gold, options.types).map((sentence) => wordLabels(sentence, sentence.words.length, none))
  const guesses = ofTypes(predicted, options.types).map((sentence, i) =>
    wordLabels(sentence, gold[i]!.words.length, none)
  )
  const isTaken = options.outside && [options.types ?? [], ...labels, ...guesses].some((of) => of.includes(outside))
  return count(labels, guesses, (label) => label, options, { label: none, name: isTaken ? none : outside })
}

/** As `countWords`, from the labels themselves. @throws InputError */
export const countLabels = (gold: Labels, predicted: Labels, options: WordCountOptions = {}): Counts =>
  count(gold, predicted, (label) => label, options)

/** As `countLabels`, from tags with prefixes: "B-person" and "I-person" are the label "person". @throws InputError */
export const countTags = (gold: Labels, predicted: Labels, options: WordCountOptions = {}): Counts =>
  count(gold, predicted, (tag) => (/^[BIESLU]-./.test(tag) ? tag.slice(2) : tag), options)

type Labels = ReadonlyArray<ReadonlyArray<string>>

const count = (
  gold: Labels,
  predicted: Labels,
  label: (of: string) => string,
  { types, outside: withOutside = false }: WordCountOptions,
  without = { label: outside, name: outside }
): Counts => {
  checkPaired(gold, predicted)
  const builder = new CountsBuilder(types)
  const scored = types && new Set(types)
  const ids = new Map<string, number>()
  /** -1 for a label that is not scored. */
  const idOf = (of: string): number => {
    if (of === without.label) return withOutside ? builder.id(without.name) : -1
    const type = label(of)
    return scored === undefined || scored.has(type) ? builder.id(type) : -1
  }
  const id = (of: string): number => {
    const known = ids.get(of)
    if (known !== undefined) return known
    const found = idOf(of)
    ids.set(of, found)
    return found
  }
  for (let i = 0; i < gold.length; i++) {
    const labels = gold[i]!
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
  }
  return builder.build()
}
