/** The middle value; the mean of the two middle ones when there is an even number. */
export const median = (values: ReadonlyArray<number>): number => {
  if (values.length === 0) throw new RangeError("median: no values")
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export interface Timed<A> {
  /** Median, in milliseconds. */
  readonly ms: number
  readonly result: A
}

/** The median time of `repeats` runs after `warmups` that are not counted, and what the last run returned. */
export const medianTime = async <A>(
  body: () => A | Promise<A>,
  { repeats = 5, warmups = 1 }: { readonly repeats?: number; readonly warmups?: number } = {}
): Promise<Timed<A>> => {
  for (let i = 0; i < warmups; i++) await body()
  const times: Array<number> = []
  let result: A
  do {
    const started = performance.now()
    result = await body()
    times.push(performance.now() - started)
  } while (times.length < repeats)
  return { ms: median(times), result }
}
