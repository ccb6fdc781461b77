import type { Vectors } from "../network/Vectors.ts"

/**
 * Type prototypes from the support set: P_c = mean of the span vectors of type c, then every *column* divided by its L2 norm across
 * the types (as published; TadNER, step 3).
 *
 * @param spans `[spans, width]`, each the mean of the word vectors of an entity
 * @param labels `[spans]`, type index of each
 * @param types number of types; one without a span keeps a zero row
 */
export const prototypes = (spans: Vectors, labels: Int32Array, types: number): Vectors => {
  const { rows, values, width } = spans
  if (labels.length !== rows) throw new RangeError(`prototypes: ${rows} spans for ${labels.length} labels`)
  const out = new Float32Array(types * width)
  const counts = new Int32Array(types)
  for (let i = 0; i < rows; i++) {
    const type = labels[i]!
    if (type < 0 || type >= types)
      throw new RangeError(`prototypes: label ${type} of span ${i} is outside 0..${types - 1}`)
    counts[type]!++
    for (let j = 0; j < width; j++) out[type * width + j]! += values[i * width + j]!
  }
  for (let c = 0; c < types; c++) {
    if (counts[c]! > 0) for (let j = 0; j < width; j++) out[c * width + j]! /= counts[c]!
  }
  for (let j = 0; j < width; j++) {
    let squared = 0
    for (let c = 0; c < types; c++) squared += out[c * width + j]! ** 2
    const length = Math.max(Math.sqrt(squared), 1e-12)
    for (let c = 0; c < types; c++) out[c * width + j]! /= length
  }
  return { rows: types, width, values: out }
}

/**
 * Type scores of candidate spans: g_c = <E_c, v> + <P_c, v>, with E the vectors of the type names after adaptation (TadNER, step 5).
 *
 * @returns row-major `[spans, types]`
 */
export const typeScores = (spans: Vectors, names: Vectors, protos: Vectors): Float32Array => {
  const { rows, values, width } = spans
  const types = names.rows
  const scores = new Float32Array(rows * types)
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < types; c++) {
      let score = 0
      for (let j = 0; j < width; j++) {
        score += values[i * width + j]! * (names.values[c * width + j]! + protos.values[c * width + j]!)
      }
      scores[i * types + c] = score
    }
  }
  return scores
}
