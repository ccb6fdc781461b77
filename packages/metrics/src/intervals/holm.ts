/**
 * Which of several hypotheses are rejected so that the chance of a false rejection among all of them stays below `alpha` (Holm 1979): the
 * smallest p is held against alpha / n, the next against alpha / (n - 1), up to the first that fails.
 *
 * @param alpha default 0.05
 */
export const holm = (ps: ReadonlyArray<number>, alpha = 0.05): Array<boolean> => {
  const rejected = Array<boolean>(ps.length).fill(false)
  const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!)
  for (const [rank, i] of order.entries()) {
    if (!(ps[i]! <= alpha / (ps.length - rank))) break
    rejected[i] = true
  }
  return rejected
}
