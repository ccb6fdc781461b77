/**
 * Expected calibration error (Naeini et al. 2015; Guo et al. 2017): words are put into bins by the probability of their
 * best class; the mean gap between that probability and the share that is right, weighted by words. In [0, 1].
 *
 * @param values class probabilities `[words, classes]`
 * @param labels `[words]`; a negative one does not count
 */
export const calibrationError = (values: Float32Array, labels: Int32Array, classes: number, bins = 15): number => {
  const sums = Array.from({ length: bins }, () => ({ count: 0, sure: 0, right: 0 }))
  let count = 0
  for (let row = 0; row < labels.length; row++) {
    if (labels[row]! < 0) continue
    let best = 0
    for (let k = 1; k < classes; k++) if (values[row * classes + k]! > values[row * classes + best]!) best = k
    const sure = values[row * classes + best]!
    const bin = sums[Math.min(bins - 1, Math.floor(sure * bins))]!
    bin.count++
    bin.sure += sure
    bin.right += best === labels[row] ? 1 : 0
    count++
  }
  return sums.reduce((sum, { sure, right }) => sum + Math.abs(sure - right), 0) / Math.max(1, count)
}
