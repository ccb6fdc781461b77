import { checkPaired, type WithEntities, type WithWords } from "../counts/Labelled.ts"
import { none, outside, wordLabels } from "../counts/wordLabels.ts"
import { matchEntities } from "./matchEntities.ts"

/** Which type is taken for which. */
export interface Confusion {
  /** Types sorted (one may be called "O"), then "O": a gold entity that is missed stands in its column, a spurious one in its row. */
  readonly labels: ReadonlyArray<string>
  /** `[gold, predicted]`, by index of label. */
  readonly counts: ReadonlyArray<ReadonlyArray<number>>
}

/** Entities paired by `matchEntities`: equal spans, else overlapping ones. @throws InputError */
export const confusion = (gold: ReadonlyArray<WithEntities>, predicted: ReadonlyArray<WithEntities>): Confusion => {
  checkPaired(gold, predicted)
  return table(
    gold.flatMap(({ entities }, i) =>
      matchEntities(entities, predicted[i]!.entities).map(
        (match) => [match.gold?.type ?? none, match.predicted?.type ?? none] as const
      )
    )
  )
}

/** Words by label; `[O, O]` counts the words that both leave out. @throws InputError */
export const wordConfusion = (gold: ReadonlyArray<WithWords>, predicted: ReadonlyArray<WithEntities>): Confusion => {
  checkPaired(gold, predicted)
  return table(
    gold.flatMap((sentence, i) => {
      const guessed = wordLabels(predicted[i]!, sentence.words.length, none)
      return wordLabels(sentence, sentence.words.length, none).map((label, word) => [label, guessed[word]!] as const)
    })
  )
}

const table = (pairs: ReadonlyArray<readonly [gold: string, predicted: string]>): Confusion => {
  const types = [...new Set(pairs.flat())].filter((label) => label !== none).sort()
  const index = new Map([...types, none].map((label, i) => [label, i]))
  const counts = Array.from(index, () => Array.from(index, () => 0))
  for (const [right, guess] of pairs) counts[index.get(right)!]![index.get(guess)!]!++
  return { labels: [...types, outside], counts }
}
