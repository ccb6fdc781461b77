/** Which items go into one padded batch. */
export type Bucket = ReadonlyArray<number>

/**
 * Groups items of similar length, longest first (so that memory peaks at once), such that no padded batch exceeds `batchTokens`
 * numbers of tokens; an item longer than that is a batch of its own.
 *
 * @param lengths tokens of each item
 * @returns indices into `lengths`
 */
export const bucketByLength = (lengths: ReadonlyArray<number>, batchTokens: number): Array<Bucket> => {
  const order = lengths.map((_, index) => index).sort((a, b) => lengths[b]! - lengths[a]! || a - b)
  const buckets: Array<Array<number>> = []
  let rows: Array<number> = []
  for (const index of order) {
    // The first of a bucket is its longest.
    const longest = rows.length === 0 ? lengths[index]! : lengths[rows[0]!]!
    if (rows.length > 0 && (rows.length + 1) * longest > batchTokens) {
      buckets.push(rows)
      rows = []
    }
    rows.push(index)
  }
  if (rows.length > 0) buckets.push(rows)
  return buckets
}
