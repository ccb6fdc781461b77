/**
 * Makes batches before they are asked for, so that reading and tokenising go on while a step computes. At most `ahead` of them wait; what
 * a batch holds does not change, since `make` depends on its number alone.
 *
 * @param end the number of the first batch that there is not
 */
export function readAhead<Batch>(
  make: (index: number) => Batch | Promise<Batch>,
  { ahead, end }: { readonly ahead: number; readonly end: number }
): (index: number) => Promise<Batch> {
  let waiting = new Map<number, Promise<Batch>>()
  const start = async (index: number) => make(index)
  return (index) => {
    const next = new Map([[index, waiting.get(index) ?? start(index)]])
    for (let later = index + 1; later <= index + ahead && later < end; later++) {
      const made = waiting.get(later) ?? start(later)
      // It is thrown where the batch is asked for, and nowhere if it never is.
      made.catch(() => {})
      next.set(later, made)
    }
    waiting = next
    return next.get(index)!
  }
}
