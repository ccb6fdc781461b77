import { type LabelledSentence, sentenceKey } from "@nuner/core"

/**
 * The number of each sentence's text, counted from 0 as they first stand there. A sentence is held out in fold `number mod folds`, so that a text that
 * stands there again (`sentenceKey`) is never learned where it is to be found.
 */
export const textNumbers = (sentences: ReadonlyArray<LabelledSentence>): Int32Array => {
  const numbers = new Map<string, number>()
  return Int32Array.from(sentences, ({ words }) => {
    const key = sentenceKey(words.join(" "))
    const number = numbers.get(key) ?? numbers.size
    numbers.set(key, number)
    return number
  })
}
