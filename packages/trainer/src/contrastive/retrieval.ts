/** How well token-concept scores separate positives from negatives. */
export interface Retrieval {
  /** Of the cells with p > 0.5, the part that is positive. 1 where there is none. */
  readonly precision: number
  /** Of the positive cells, the part with p > 0.5. */
  readonly recall: number
  /** Chance that a positive cell scores above a negative one: area under the ROC curve. */
  readonly auc: number
  /** Area under the precision-recall curve (average precision). */
  readonly averagePrecision: number
  readonly positives: number
  readonly negatives: number
}

/** What can be said of a model from the logits of every cell. */
export interface ContrastiveScores extends Retrieval {
  /** Mean binary cross-entropy over the cells. */
  readonly loss: number
  /** Mean logit of positive and of negative cells. */
  readonly meanPositive: number
  readonly meanNegative: number
  /** Part of the cells with |logit| > 10, where the sigmoid hardly learns any more. */
  readonly saturated: number
}

const BINS = 4096
const LIMIT = 32

/**
 * Retrieval metrics of logits that stream past, in constant memory: scores are counted in bins of 1/64 logit between -32 and 32,
 * ties within a bin count half (AUC) or as one threshold (average precision).
 */
export const retrievalCounter = () => {
  const positives = new Float64Array(BINS)
  const negatives = new Float64Array(BINS)
  let positiveSum = 0
  let negativeSum = 0
  let saturated = 0
  let loss = 0
  let truePositive = 0
  let falsePositive = 0
  return {
    /** @param logit of one token-concept cell */
    add(logit: number, positive: boolean): void {
      const bin = Math.max(0, Math.min(BINS - 1, Math.floor(((logit + LIMIT) / (2 * LIMIT)) * BINS)))
      if (Math.abs(logit) > 10) saturated++
      loss += Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit))) - (positive ? logit : 0)
      if (positive) {
        positives[bin]!++
        positiveSum += logit
        if (logit > 0) truePositive++
      } else {
        negatives[bin]!++
        negativeSum += logit
        if (logit > 0) falsePositive++
      }
    },
    result(): ContrastiveScores {
      const p = positives.reduce((sum, n) => sum + n, 0)
      const n = negatives.reduce((sum, count) => sum + count, 0)
      let above = 0
      let aboveNegatives = 0
      let auc = 0
      let averagePrecision = 0
      for (let bin = BINS - 1; bin >= 0; bin--) {
        above += positives[bin]!
        auc += negatives[bin]! * (above - positives[bin]! / 2)
        aboveNegatives += negatives[bin]!
        if (positives[bin]! > 0) averagePrecision += (positives[bin]! / p) * (above / (above + aboveNegatives))
      }
      return {
        precision: truePositive + falsePositive === 0 ? 1 : truePositive / (truePositive + falsePositive),
        recall: p === 0 ? 0 : truePositive / p,
        auc: p === 0 || n === 0 ? Number.NaN : auc / (p * n),
        averagePrecision: p === 0 ? Number.NaN : averagePrecision,
        loss: p + n === 0 ? Number.NaN : loss / (p + n),
        positives: p,
        negatives: n,
        meanPositive: p === 0 ? Number.NaN : positiveSum / p,
        meanNegative: n === 0 ? Number.NaN : negativeSum / n,
        saturated: p + n === 0 ? 0 : saturated / (p + n)
      }
    }
  }
}
