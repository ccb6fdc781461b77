/**
 * Total token entropy of each sentence (Settles & Craven 2008), in nats: how unsure the model is of its words, all together. The sum, not
 * the mean: one costs a look, whatever its length.
 *
 * @param values class probabilities `[words, classes]`
 * @param starts `[sentences + 1]`: words of sentence `i` are the rows `starts[i]..starts[i + 1] - 1`
 */
export const uncertainty = (values: Float32Array, starts: Int32Array, classes: number): Float32Array => {
  const out = new Float32Array(starts.length - 1)
  for (let i = 0; i < out.length; i++) {
    let sum = 0
    for (let at = starts[i]! * classes; at < starts[i + 1]! * classes; at++) {
      const p = values[at]!
      if (p > 0) sum -= p * Math.log(p)
    }
    out[i] = sum
  }
  return out
}
