import { type LabelledSentence, sentenceKey } from "@nuner/core"

/** A test sentence that also stands in the training data, by index. */
export interface Leak {
  readonly test: number
  /** The first training sentence of the same words. */
  readonly train: number
  readonly text: string
  /** Whether both carry the same entities. */
  readonly sameLabels: boolean
}

/**
 * Test sentences whose words, case and spacing aside, are those of a training sentence: a score on them measures
 * memory.
 */
export const leakedSentences = (
  train: ReadonlyArray<LabelledSentence>,
  test: ReadonlyArray<LabelledSentence>
): Array<Leak> => {
  const first = new Map<string, number>()
  for (const [i, { words }] of train.entries()) {
    const key = keyOf(words)
    if (key !== "" && !first.has(key)) first.set(key, i)
  }
  return test.flatMap(({ words, entities }, i) => {
    const at = first.get(keyOf(words))
    if (at === undefined) return []
    return [{ test: i, train: at, text: words.join(" "), sameLabels: same(entities, train[at]!.entities) }]
  })
}

const keyOf = (words: ReadonlyArray<string>): string => sentenceKey(words.join(" "))

const same = (a: LabelledSentence["entities"], b: LabelledSentence["entities"]): boolean => {
  const keys = (entities: LabelledSentence["entities"]) =>
    entities.map(({ start, end, type }) => `${start} ${end} ${type}`).sort()
  return keys(a).join("\n") === keys(b).join("\n")
}
