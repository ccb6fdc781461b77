/** Words `[start, end)` of one type, by its number. */
export interface Segment {
  readonly start: number
  readonly end: number
  readonly type: number
}

/**
 * The division of a sentence into entities and other words that scores most: each word has one type or none (which scores 0), each entity
 * the sum of its words' scores, and of the joints between them; of equals, words of one type are one entity. Exact, by Viterbi's algorithm;
 * words x types steps.
 *
 * @param scores of each word as each type: above 0 where it is rather one `[words, types]`
 * @param joints of each word with the one before it, added where both belong to one entity `[words]`; the first has no meaning
 */
export const segment = (scores: Float32Array, types: number, joints: Float32Array): Array<Segment> => {
  const words = joints.length
  const states = types + 1 // the last one is none
  const best = new Float64Array(states)
  /** The state of the word before, and whether the entity goes on from there. */
  const from = new Int32Array(words * states)
  const joined = new Uint8Array(words * states)
  for (let word = 0; word < words; word++) {
    let top = 0
    for (let state = 1; state < states; state++) if (best[state]! > best[top]!) top = state
    const apart = best[top]!
    for (let state = 0; state < states; state++) {
      const at = word * states + state
      const together = state < types && word > 0 ? best[state]! + joints[word]! : Number.NEGATIVE_INFINITY
      joined[at] = together >= apart ? 1 : 0
      from[at] = together >= apart ? state : top
      best[state] = Math.max(together, apart) + (state < types ? scores[word * types + state]! : 0)
    }
  }
  let type = types // of equals, none
  for (let state = 0; state < types; state++) if (best[state]! > best[type]!) type = state
  const segments: Array<Segment> = []
  for (let word = words - 1, end = words; word >= 0; word--) {
    const at = word * states + type
    if (joined[at] === 1) continue
    if (type < types) segments.push({ start: word, end, type })
    end = word
    type = from[at]!
  }
  return segments.reverse()
}
