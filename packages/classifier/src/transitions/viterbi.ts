import type { Transitions } from "./Transitions.ts"

/**
 * The best sequence of classes for the words of a sentence: the greatest sum of the logs of their probabilities and of what follows what (Viterbi 1967).
 * Of equals the first.
 *
 * @param values class probabilities `[words, classes]`, row-major
 */
export const viterbi = (values: Float32Array, transitions: Transitions): Int32Array => {
  const edge = transitions.length - 1
  const count = edge
  const words = values.length / count
  const path = new Int32Array(words)
  if (words === 0) return path
  // A probability of nothing is no reason to forbid: its log would be.
  const log = (word: number, k: number) => Math.log(Math.max(values[word * count + k]!, 1e-30))
  const back: Array<Int32Array> = []
  let scores = Float64Array.from({ length: count }, (_, k) => log(0, k) + transitions[edge]![k]!)
  for (let word = 1; word < words; word++) {
    const next = new Float64Array(count).fill(Number.NEGATIVE_INFINITY)
    const from = new Int32Array(count)
    for (let a = 0; a < count; a++) {
      const row = transitions[a]!
      for (let b = 0; b < count; b++) {
        const score = scores[a]! + row[b]!
        if (score > next[b]!) {
          next[b] = score
          from[b] = a
        }
      }
    }
    for (let b = 0; b < count; b++) next[b]! += log(word, b)
    back.push(from)
    scores = next
  }
  let best = 0
  for (let k = 1; k < count; k++) {
    if (scores[k]! + transitions[k]![edge]! > scores[best]! + transitions[best]![edge]!) best = k
  }
  path[words - 1] = best
  for (let word = words - 1; word > 0; word--) path[word - 1] = back[word - 1]![path[word]!]!
  return path
}
