/** Results of a function that are kept: those that were asked for last. */
const most = 8

/** A function that gives the same array again where it was just asked for it. Nobody may write into what it gives. */
export const remembered = <A extends ReadonlyArray<number | boolean>, R>(
  compute: (...args: A) => R
): ((...args: A) => R) => {
  const kept = new Map<string, R>()
  return (...args) => {
    const key = args.join()
    const known = kept.get(key)
    if (known !== undefined) return known
    const result = compute(...args)
    kept.set(key, result)
    const [oldest] = kept.keys()
    if (kept.size > most) kept.delete(oldest!)
    return result
  }
}
