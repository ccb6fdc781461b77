import { EngineError } from "../errors.ts"
import { segmentSum } from "../nn/embedding.ts"
import { tf } from "../tf.ts"
import { chunkedHead, type Head, type PartialLoss } from "./chunkedHead.ts"

/** Cells of a matrix [tokens, concepts] as two lists of one length: cell i is (tokens[i], concepts[i]). No cell twice. */
export interface SparseTargets {
  readonly tokens: Int32Array
  readonly concepts: Int32Array
}

/** Receives a number by its name; a promise where the number is yet to be read from where it was computed. */
export type Telemetry = (name: string, value: number | Promise<number>) => void

export interface BceOptions {
  /** Weight of a token's cells; 0 for padding and special tokens, whose cells leave the mean [tokens]. Default: all 1. */
  readonly tokenWeights?: ArrayLike<number>
  /** Cells left out of loss and mean, for example names that mean almost the same as a positive one. */
  readonly ignored?: SparseTargets
  /** Weight of a positive cell's loss; the mean still divides by the number of cells. Default 1. */
  readonly positiveWeight?: number
  /**
   * Receives `positiveRate`, `positiveLogit` and `negativeLogit` (means), and `saturated` (the share of |z| > 10).
   * Costs a few passes over the logits.
   */
  readonly report?: Telemetry
}

/**
 * How each cell enters the loss. The loss of a cell of logit z is `a softplus(z) + b z`: a = 1, b = 0 for a negative,
 * a = w, b = -w for a positive of weight w, a = b = 0 for an ignored one. Only cells that are not negatives are listed.
 */
interface BceCells {
  /** The number of cells in the mean. */
  readonly count: number
  readonly positives: number
  /** Of each token [tokens]; undefined where all are 1. */
  readonly weights: Float32Array | undefined
  /** Flat cell numbers `token * concepts + concept`, ascending, in tokens that count. */
  readonly cells: Float64Array
  /** a - 1 and b of each listed cell, times its token's weight. */
  readonly softplus: Float32Array
  readonly linear: Float32Array
}

/** Checks the targets and brings them into the order of the matrix. */
const bceCells = (tokens: number, concepts: number, targets: SparseTargets, options: BceOptions): BceCells => {
  const { tokenWeights, ignored, positiveWeight = 1 } = options
  if (tokenWeights && tokenWeights.length !== tokens) {
    throw new EngineError(`tokenWeights has ${tokenWeights.length} entries for ${tokens} tokens`)
  }
  const counts = (token: number) => tokenWeights?.[token] !== 0
  const weightOf = (cell: number) => tokenWeights?.[Math.floor(cell / concepts)] ?? 1
  const flat = (name: string, list: SparseTargets) => {
    if (list.tokens.length !== list.concepts.length) {
      throw new EngineError(`${name}: ${list.tokens.length} tokens and ${list.concepts.length} concepts do not pair up`)
    }
    return Array.from(list.tokens, (token, i) => {
      const concept = list.concepts[i]!
      if (token < 0 || token >= tokens || concept < 0 || concept >= concepts) {
        throw new EngineError(`${name}: cell ${i} is (${token}, ${concept}) in a matrix [${tokens}, ${concepts}]`)
      }
      return token * concepts + concept
    }).filter((cell) => counts(Math.floor(cell / concepts)))
  }
  const positive = flat("targets", targets)
  const ignoredCells = ignored ? flat("ignored", ignored) : []
  const listed = [
    ...positive.map((cell) => ({ cell, a: positiveWeight, b: -positiveWeight })),
    ...ignoredCells.map((cell) => ({ cell, a: 0, b: 0 }))
  ].sort((x, y) => x.cell - y.cell)
  listed.forEach(({ cell }, i) => {
    if (i > 0 && listed[i - 1]!.cell === cell) {
      throw new EngineError(`targets: cell (${Math.floor(cell / concepts)}, ${cell % concepts}) is listed twice`)
    }
  })
  let counted = tokens
  if (tokenWeights) counted = Array.from(tokenWeights).filter((weight) => weight !== 0).length
  const count = counted * concepts - ignoredCells.length
  if (count <= 0)
    throw new EngineError("binary cross-entropy over no cells: every token is masked or every cell ignored")
  return {
    count,
    positives: positive.length,
    weights: tokenWeights && Float32Array.from(tokenWeights),
    cells: Float64Array.from(listed, ({ cell }) => cell),
    softplus: Float32Array.from(listed, ({ a, cell }) => weightOf(cell) * (a - 1)),
    linear: Float32Array.from(listed, ({ b, cell }) => weightOf(cell) * b)
  }
}

export interface ContrastiveOptions extends BceOptions {
  /** Most logits held at once, as a count of numbers. Default 2^22 (16 MiB): 48 x 128 tokens by 500 concepts fit. */
  readonly maxLogits?: number
}

/**
 * NuNER's pre-training loss (Bogdanov et al. 2024, section 3.2): mean binary cross-entropy of
 * `z = scale <h, u> + bias` over every token that counts times every concept of the batch; tau = 5 is `scale: 1 / 5`.
 *
 * The logits [tokens, concepts] never exceed `maxLogits`, and nothing of that size is kept for the backward pass.
 *
 * @param head h: token vectors [tokens, d]; u: concept vectors [concepts, d]; scale and bias, learned where they are tensors
 * @param targets the positive cells
 */
export const contrastiveBce = (head: Head, targets: SparseTargets, options: ContrastiveOptions = {}): tf.Scalar => {
  const cells = bceCells(head.h.shape[0], head.u.shape[0], targets, options)
  const statistics = options.report && new BceStatistics(cells)
  try {
    const loss = chunkedHead(head, options.maxLogits ?? 2 ** 22, (z, start, withGradient) =>
      bceOfRows(z, start, cells, withGradient, statistics)
    )
    if (options.report) statistics?.report(options.report)
    return loss
  } catch (error) {
    statistics?.dispose()
    throw error
  }
}

/**
 * The part of the mean binary cross-entropy that the rows from `start` on contribute, from sparse positives:
 * `(sum softplus(z) - sum over positives of z) / n`, and its gradient `(sigmoid(z) - y) / n` where asked for. No dense matrix of
 * targets is made.
 */
const bceOfRows = (
  z: tf.Tensor2D,
  start: number,
  { count, weights, cells, softplus, linear }: BceCells,
  withGradient: boolean,
  statistics?: BceStatistics
): PartialLoss => {
  const [rows, concepts] = z.shape
  const first = lowerBound(cells, start * concepts)
  const end = lowerBound(cells, (start + rows) * concepts)
  const index = Int32Array.from(cells.subarray(first, end), (cell) => cell - start * concepts)
  const ofRows = weights?.subarray(start, start + rows)
  const weighted = (x: tf.Tensor2D): tf.Tensor2D => (ofRows ? tf.mul(x, tf.tensor2d(ofRows, [rows, 1])) : x)

  let sum = tf.sum(weighted(tf.softplus(z)))
  let gradient = withGradient ? weighted(tf.sigmoid(z)) : undefined
  let listed: tf.Tensor1D | undefined
  if (index.length > 0) {
    listed = tf.gather(tf.reshape(z, [z.size]) as tf.Tensor1D, tf.tensor1d(index, "int32"))
    const a = tf.tensor1d(softplus.subarray(first, end))
    const b = tf.tensor1d(linear.subarray(first, end))
    sum = tf.add(sum, tf.sum(tf.add(tf.mul(a, tf.softplus(listed)), tf.mul(b, listed))))
    if (gradient) {
      const correction = tf.reshape(tf.add(tf.mul(a, tf.sigmoid(listed)), b), [index.length, 1]) as tf.Tensor2D
      gradient = tf.add(gradient, tf.reshape(segmentSum(correction, index, z.size), z.shape))
    }
  }
  statistics?.add(z, ofRows, listed, linear.subarray(first, end))
  const share = 1 / count
  return { loss: tf.mul(sum, share) as tf.Scalar, gradient: gradient && tf.mul(gradient, share) }
}

/** Sums over the logits for the telemetry of sparse targets. They stay where they are computed until someone reads the promises. */
class BceStatistics {
  readonly #cells: BceCells
  /** Of all logits, those of positives and those of ignored cells; and how many beyond 10 count: [4]. */
  #sums: tf.Tensor | undefined

  constructor(cells: BceCells) {
    this.#cells = cells
  }

  add(z: tf.Tensor2D, weights: Float32Array | undefined, listed: tf.Tensor1D | undefined, linear: Float32Array): void {
    const sums = tf.tidy(() => {
      // A logit counts once, whatever the weight of its token.
      const counted = weights?.map((weight) => (weight === 0 ? 0 : 1))
      const masked = (x: tf.Tensor2D) => (counted ? tf.mul(x, tf.tensor2d(counted, [counted.length, 1])) : x)
      const none = tf.scalar(0)
      const only = (x: tf.Tensor | undefined, stays: (factor: number) => boolean): tf.Tensor =>
        x && linear.some(stays) ? tf.sum(tf.mul(x, tf.tensor1d(linear.map((factor) => (stays(factor) ? 1 : 0))))) : none
      const isPositive = (factor: number) => factor !== 0
      const isIgnored = (factor: number) => factor === 0
      const saturated = tf.sum(masked(beyond(z, 10)))
      const here = tf.stack([
        tf.sum(masked(z)),
        only(listed, isPositive),
        only(listed, isIgnored),
        tf.sub(saturated, only(listed && beyond(listed, 10), isIgnored))
      ])
      return this.#sums ? tf.add(this.#sums, here) : here
    })
    this.dispose()
    this.#sums = tf.keep(sums)
  }

  report(report: Telemetry): void {
    const { count, positives } = this.#cells
    const sums = this.#sums!.data().finally(() => this.dispose())
    report("positiveRate", positives / count)
    if (positives > 0)
      report(
        "positiveLogit",
        sums.then(([, positive]) => positive! / positives)
      )
    if (positives < count) {
      const negatives = sums.then(([all, positive, ignored]) => all! - positive! - ignored!)
      report(
        "negativeLogit",
        negatives.then((sum) => sum / (count - positives))
      )
    }
    report(
      "saturated",
      sums.then(([, , , saturated]) => saturated! / count)
    )
  }

  dispose(): void {
    this.#sums?.dispose()
    this.#sums = undefined
  }
}

/** 1 where the absolute value is above a limit, else 0. */
const beyond = <T extends tf.Tensor>(x: T, limit: number): T => tf.cast(tf.greater(tf.abs(x), limit), "float32") as T

/** The first place in an ascending list whose value is not below `value`. */
const lowerBound = (list: Float64Array, value: number): number => {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
