interface Range {
  start: number
  end: number
}

/** Which parts of an address space are free: best fit, neighbours joined. */
export class Ranges {
  /** In ascending order; no two touch. */
  readonly #free: Range[]

  constructor(start: number, end: number) {
    this.#free = [{ start, end }]
  }

  /** The start of `bytes` free bytes, or undefined where no gap is that wide. */
  take(bytes: number): number | undefined {
    let best: Range | undefined
    for (const range of this.#free) {
      const width = range.end - range.start
      if (width >= bytes && (best === undefined || width < best.end - best.start)) best = range
    }
    if (best === undefined) return undefined
    const { start } = best
    best.start += bytes
    if (best.start === best.end) this.#free.splice(this.#free.indexOf(best), 1)
    return start
  }

  give(start: number, bytes: number): void {
    const end = start + bytes
    let at = this.#free.findIndex((range) => range.start >= end)
    if (at < 0) at = this.#free.length
    const [before, after] = [this.#free[at - 1], this.#free[at]]
    const [joinsBefore, joinsAfter] = [before?.end === start, after?.start === end]
    if (joinsBefore && joinsAfter) {
      before!.end = after!.end
      this.#free.splice(at, 1)
    } else if (joinsBefore) before!.end = end
    else if (joinsAfter) after!.start = start
    else this.#free.splice(at, 0, { start, end })
  }
}
