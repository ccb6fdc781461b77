import type { tf } from "../tf.ts"
import { BceStatistics, bceOfRows } from "./bceOfRows.ts"
import { chunkedHead, type Head } from "./chunkedHead.ts"
import { type BceOptions, bceCells, type SparseTargets } from "./SparseTargets.ts"

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
export function contrastiveBce(head: Head, targets: SparseTargets, options: ContrastiveOptions = {}): tf.Scalar {
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
