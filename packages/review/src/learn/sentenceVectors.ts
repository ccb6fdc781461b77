import type { WordFeatures } from "@nuner/classifier"

/** A unit vector a sentence, `[sentences, width]`: the mean of its words less the mean of all words. */
export const sentenceVectors = ({ starts, values, width }: WordFeatures): Float32Array => {
  const count = starts.length - 1
  const mean = new Float64Array(width)
  for (let i = 0; i < values.length; i++) mean[i % width]! += values[i]!
  const rows = Math.max(1, values.length / width)
  const vectors = new Float32Array(count * width)
  for (let sentence = 0; sentence < count; sentence++) {
    const [from, to] = [starts[sentence]!, starts[sentence + 1]!]
    let squared = 0
    for (let j = 0; j < width; j++) {
      let sum = 0
      for (let word = from; word < to; word++) sum += values[word * width + j]!
      const value = to > from ? sum / (to - from) - mean[j]! / rows : 0
      vectors[sentence * width + j] = value
      squared += value * value
    }
    const scale = squared > 0 ? 1 / Math.sqrt(squared) : 0
    for (let j = 0; j < width; j++) vectors[sentence * width + j]! *= scale
  }
  return vectors
}
