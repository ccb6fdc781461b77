/** Vectors of the words of several sentences, one after the other. */
export interface WordFeatures {
  /** `[words, width]`, row-major. */
  readonly values: Float32Array
  /** `[sentences + 1]`: words of sentence `i` are the rows `starts[i]..starts[i + 1] - 1`. */
  readonly starts: Int32Array
  readonly width: number
}

/** Some of the `of` equal parts that each vector consists of, in the order asked: the hidden states of some layers out of several. */
export const selectLayers = (features: WordFeatures, parts: ReadonlyArray<number>, of: number): WordFeatures => {
  if (parts.length === of && parts.every((part, i) => part === i)) return features
  const size = features.width / of
  const width = size * parts.length
  const words = features.values.length / features.width
  const values = new Float32Array(words * width)
  for (let word = 0; word < words; word++) {
    for (const [i, part] of parts.entries()) {
      const from = word * features.width + part * size
      values.set(features.values.subarray(from, from + size), word * width + i * size)
    }
  }
  return { values, starts: features.starts, width }
}

/**
 * The features of some of the sentences, in the order asked: a mined set out of a training set that was encoded once.
 */
export const selectSentences = (features: WordFeatures, sentences: ArrayLike<number>): WordFeatures => {
  const { values, starts, width } = features
  const picked = Array.from(sentences, (sentence) => {
    if (!(sentence >= 0 && sentence < starts.length - 1)) {
      throw new RangeError(`selectSentences: no sentence ${sentence} among ${starts.length - 1}`)
    }
    return values.subarray(starts[sentence]! * width, starts[sentence + 1]! * width)
  })
  const selected = new Int32Array(picked.length + 1)
  for (const [i, rows] of picked.entries()) selected[i + 1] = selected[i]! + rows.length / width
  const out = new Float32Array(selected.at(-1)! * width)
  for (const [i, rows] of picked.entries()) out.set(rows, selected[i]! * width)
  return { values: out, starts: selected, width }
}
