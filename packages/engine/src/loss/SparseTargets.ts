import { EngineError } from "../errors.ts"

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
export interface BceCells {
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
export function bceCells(tokens: number, concepts: number, targets: SparseTargets, options: BceOptions): BceCells {
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
