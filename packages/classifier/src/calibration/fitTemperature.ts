/** Rows of `logits` that count: those with a label of 0 or more. */
const meanLogLoss = (logits: Float32Array, labels: Int32Array, classes: number, temperature: number): number => {
  let loss = 0
  let count = 0
  for (let row = 0; row < labels.length; row++) {
    if (labels[row]! < 0) continue
    const from = row * classes
    let max = Number.NEGATIVE_INFINITY
    for (let k = 0; k < classes; k++) max = Math.max(max, logits[from + k]!)
    let sum = 0
    for (let k = 0; k < classes; k++) sum += Math.exp((logits[from + k]! - max) / temperature)
    loss += Math.log(sum) - (logits[from + labels[row]!]! - max) / temperature
    count++
  }
  return loss / count
}

/** The temperatures that are considered. */
const [lowest, highest] = [0.05, 20]

/**
 * The temperature T at which `softmax(logits / T)` has the least log loss on labelled words that the head was not
 * trained on (Guo et al. 2017, "On calibration of modern neural networks"). The loss has one minimum in T:
 * golden-section search over log T, to five digits. In [0.05, 20]; classes keep their order, so predictions stay what
 * they are.
 *
 * @param logits `[words, classes]`
 * @param labels `[words]`; a negative one does not count
 * @throws RangeError where no word counts
 */
export const fitTemperature = (logits: Float32Array, labels: Int32Array, classes: number): number => {
  if (!labels.some((label) => label >= 0)) throw new RangeError("fitTemperature: no labelled words")
  const loss = (log: number) => meanLogLoss(logits, labels, classes, Math.exp(log))
  const golden = (Math.sqrt(5) - 1) / 2
  let [low, high] = [Math.log(lowest), Math.log(highest)]
  let [a, b] = [high - golden * (high - low), low + golden * (high - low)]
  let [lossA, lossB] = [loss(a), loss(b)]
  while (high - low > 1e-6) {
    if (lossA <= lossB) {
      ;[high, b, lossB] = [b, a, lossA]
      a = high - golden * (high - low)
      lossA = loss(a)
    } else {
      ;[low, a, lossA] = [a, b, lossB]
      b = low + golden * (high - low)
      lossB = loss(b)
    }
  }
  return Math.exp((low + high) / 2)
}
