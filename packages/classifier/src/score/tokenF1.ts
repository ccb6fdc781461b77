/**
 * Token macro F1: F1 of each type over words, averaged over the types that stand in the truth or in the prediction;
 * words of no entity count as errors only (NuNER, section 4.1). NaN where there is no type at all.
 *
 * @param types the type of each class; "" for none
 */
export const tokenMacroF1 = (truth: Int32Array, predicted: Int32Array, types: ReadonlyArray<string>): number => {
  const counts = new Map<string, { hit: number; truth: number; predicted: number }>()
  const of = (type: string) => {
    const known = counts.get(type) ?? { hit: 0, truth: 0, predicted: 0 }
    counts.set(type, known)
    return known
  }
  for (let i = 0; i < truth.length; i++) {
    if (truth[i]! < 0) continue
    const actual = types[truth[i]!]!
    const guess = types[predicted[i]!]!
    if (actual !== "") of(actual).truth++
    if (guess !== "") of(guess).predicted++
    if (actual !== "" && actual === guess) of(actual).hit++
  }
  let sum = 0
  for (const { hit, truth, predicted } of counts.values()) sum += (2 * hit) / (truth + predicted)
  return sum / counts.size
}
