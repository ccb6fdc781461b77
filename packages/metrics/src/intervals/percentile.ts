/** Of ascending values, with linear interpolation between neighbours (R's type 7, NumPy's default). @param share 0 to 1 */
export const percentile = (sorted: Float64Array, share: number): number => {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!)
}
