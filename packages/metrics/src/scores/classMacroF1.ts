import { score } from "./scores.ts"

/**
 * `tokenMacroF1` of words whose labels are class numbers, as a probe or a head has them: F1 of each type, averaged over the types that
 * stand in gold or prediction; 0 where there is none.
 *
 * @param gold below 0: a word that does not count
 * @param types the type of each class, those of B- and I- alike; "" for none
 */
export const classMacroF1 = (gold: Int32Array, predicted: Int32Array, types: ReadonlyArray<string>): number => {
  const counts = new Map<string, { correct: number; predicted: number; gold: number }>()
  const of = (type: string) => {
    const known = counts.get(type) ?? { correct: 0, predicted: 0, gold: 0 }
    counts.set(type, known)
    return known
  }
  for (let word = 0; word < gold.length; word++) {
    if (gold[word]! < 0) continue
    const right = types[gold[word]!]!
    const guess = types[predicted[word]!]!
    if (right !== "") of(right).gold++
    if (guess !== "") of(guess).predicted++
    if (right !== "" && right === guess) of(right).correct++
  }
  let sum = 0
  for (const { correct, gold, predicted } of counts.values()) sum += score(correct, predicted, gold).f1
  return sum / Math.max(1, counts.size)
}
