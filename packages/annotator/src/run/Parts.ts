import { ALL_PARTS, partOf } from "../ledger/partOf.ts"

/**
 * The parts of the job that this worker holds, and how many requests of each it has under way. A part that is given away is
 * not free before the last of them has ended.
 */
export class Parts {
  private readonly held = new Set<number>()
  private readonly underWay: Array<number> = ALL_PARTS.map(() => 0)

  take(part: number): void {
    this.held.add(part)
  }

  drop(part: number): void {
    this.held.delete(part)
  }

  list(): ReadonlyArray<number> {
    return [...this.held].sort((a, b) => a - b)
  }

  /** Counts an attempt at this request; false if its part is not ours (any more). */
  enter(address: string): boolean {
    const part = partOf(address)
    if (!this.held.has(part)) return false
    this.underWay[part]!++
    return true
  }

  leave(address: string): void {
    this.underWay[partOf(address)]!--
  }

  isIdle(part: number): boolean {
    return this.underWay[part] === 0
  }
}
