import type { Vectors } from "../network/Vectors.ts"

/**
 * The threshold of the type-aware filter: the least similarity between an entity word of the support and the name of its own type,
 * t = min_w <phi(w), E_{y_w}> (TadNER, step 4). `Infinity` for an empty support.
 *
 * @param words `[words, width]`
 * @param labels `[words]`, indices into `names`
 */
export const filterThreshold = (words: Vectors, labels: Int32Array, names: Vectors): number => {
  const { rows, values, width } = words
  let threshold = Number.POSITIVE_INFINITY
  for (let i = 0; i < rows; i++) {
    let similarity = 0
    for (let j = 0; j < width; j++) similarity += values[i * width + j]! * names.values[labels[i]! * width + j]!
    threshold = Math.min(threshold, similarity)
  }
  return threshold
}

export interface TypedSpan {
  /** Index of the chosen type. */
  readonly type: number
  /** The raw score of the best type, halved: what the filter compares with the threshold. */
  readonly score: number
  readonly kept: boolean
}

export interface ClassifySpansOptions {
  readonly threshold: number
  /**
   * Divide each type's scores by their L2 norm over all spans given before choosing (transductive: the published code on Few-NERD).
   * The filter always compares the raw score. Default false.
   */
  readonly normaliseOverSpans?: boolean
}

/**
 * Chooses the type of each span and filters: kept iff max_c g_c / 2 > threshold (TadNER, steps 5 and 6).
 *
 * @param scores raw g, row-major `[spans, types]`
 */
export const classifySpans = (
  scores: Float32Array,
  types: number,
  { normaliseOverSpans = false, threshold }: ClassifySpansOptions
): Array<TypedSpan> => {
  const spans = scores.length / types
  const lengths = new Float64Array(types).fill(1)
  if (normaliseOverSpans) {
    for (let c = 0; c < types; c++) {
      let squared = 0
      for (let i = 0; i < spans; i++) squared += scores[i * types + c]! ** 2
      lengths[c] = Math.max(Math.sqrt(squared), 1e-12)
    }
  }
  return Array.from({ length: spans }, (_, i) => {
    let type = 0
    let raw = Number.NEGATIVE_INFINITY
    for (let c = 0; c < types; c++) {
      const score = scores[i * types + c]!
      raw = Math.max(raw, score)
      if (score / lengths[c]! > scores[i * types + type]! / lengths[type]!) type = c
    }
    return { type, score: raw / 2, kept: raw / 2 > threshold }
  })
}
