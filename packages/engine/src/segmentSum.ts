/**
 * Adds rows of `from` into `sums` `[numSegments, width]`, row i to that of `ids[i]`; ids beyond the segments are dropped, as tfjs does. What
 * stood in `sums` is lost.
 */
export const segmentSum = (sums: Float32Array, from: Float32Array, ids: Int32Array, numSegments: number): void => {
  const width = from.length / ids.length
  sums.fill(0)
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    if (id < 0 || id >= numSegments) continue
    for (let j = 0; j < width; j++) sums[id * width + j]! += from[i * width + j]!
  }
}
