/**
 * Batches for reading, where order is free and no batch weighs more than another: items of like length together, longest first (so that
 * memory peaks at once), as many as fit into `batchTokens` padded tokens; an item longer than that is a batch of its own.
 *
 * @param lengths tokens of each item
 * @returns indices into `lengths`, batch by batch
 */
export function packByLength(lengths: ReadonlyArray<number>, batchTokens: number): Array<ReadonlyArray<number>> {
  const order = lengths.map((_, index) => index).sort((a, b) => lengths[b]! - lengths[a]! || a - b)
  const batches: Array<Array<number>> = []
  let rows: Array<number> = []
  for (const index of order) {
    // The first of a batch is its longest.
    const longest = rows.length === 0 ? lengths[index]! : lengths[rows[0]!]!
    if (rows.length > 0 && (rows.length + 1) * longest > batchTokens) {
      batches.push(rows)
      rows = []
    }
    rows.push(index)
  }
  if (rows.length > 0) batches.push(rows)
  return batches
}
