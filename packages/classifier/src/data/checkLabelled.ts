import type { LabelledSentence } from "@nuner/core"
import { type InconsistentString, inconsistentStrings } from "./inconsistentStrings.ts"
import { type Leak, leakedSentences } from "./leakedSentences.ts"

/** What stands of one type in labelled data. */
export interface TypeCount {
  readonly type: string
  readonly entities: number
  /** Different strings, case and all. */
  readonly strings: number
}

/** What to know of labelled data before training on it. Nothing here stops training. */
export interface DataReport {
  readonly sentences: number
  readonly words: number
  readonly entities: number
  /** By type, in code-unit order. */
  readonly types: ReadonlyArray<TypeCount>
  /** Types with fewer than two entities: nothing can be learned and checked from one. */
  readonly rare: ReadonlyArray<TypeCount>
  /** Strings that carry different labels in different places; those first that do so most often. */
  readonly inconsistent: ReadonlyArray<InconsistentString>
  /** Test sentences that also stand in the training data; undefined where there is no test data. */
  readonly leaked?: ReadonlyArray<Leak>
  /** Types of the test data without a training example; they cannot be found. */
  readonly unseen?: ReadonlyArray<string>
}

/**
 * Looks for what spoils training or makes a score look better than it is. Pure; the findings are data, `describeReport`
 * words them.
 */
export const checkLabelled = (
  train: ReadonlyArray<LabelledSentence>,
  test?: ReadonlyArray<LabelledSentence>
): DataReport => {
  const types = countTypes(train)
  const known = new Set(types.map(({ type }) => type))
  return {
    sentences: train.length,
    words: train.reduce((sum, { words }) => sum + words.length, 0),
    entities: train.reduce((sum, { entities }) => sum + entities.length, 0),
    types,
    rare: types.filter(({ entities }) => entities < 2),
    inconsistent: inconsistentStrings(train),
    ...(test && {
      leaked: leakedSentences(train, test),
      unseen: countTypes(test).flatMap(({ type }) => (known.has(type) ? [] : [type]))
    })
  }
}

const countTypes = (sentences: ReadonlyArray<LabelledSentence>): Array<TypeCount> => {
  const found = new Map<string, { entities: number; strings: Set<string> }>()
  for (const { words, entities } of sentences) {
    for (const { start, end, type } of entities) {
      const of = found.get(type) ?? { entities: 0, strings: new Set() }
      found.set(type, of)
      of.entities++
      of.strings.add(words.slice(start, end).join(" "))
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, { entities, strings }]) => ({ type, entities, strings: strings.size }))
}
