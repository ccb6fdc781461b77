import type { Pool } from "../pool/Pool.ts"

/** Chosen sentences and what they count of each type: adding and removing in the time of a sentence's types. */
export class Tally {
  readonly #pool: Pool
  readonly #positions = new Map<number, number>()
  readonly counts: Int32Array
  readonly chosen: Array<number> = []

  constructor(pool: Pool) {
    this.#pool = pool
    this.counts = new Int32Array(pool.types.length)
  }

  has(sentence: number): boolean {
    return this.#positions.has(sentence)
  }

  add(sentence: number): void {
    this.#positions.set(sentence, this.chosen.length)
    this.chosen.push(sentence)
    this.#count(sentence, 1)
  }

  remove(sentence: number): void {
    const position = this.#positions.get(sentence)!
    const last = this.chosen.pop()!
    if (last !== sentence) {
      this.chosen[position] = last
      this.#positions.set(last, position)
    }
    this.#positions.delete(sentence)
    this.#count(sentence, -1)
  }

  /** Whether adding a sentence takes no type over `high`. */
  fits(sentence: number, high: number): boolean {
    const { starts, typeOf, counts } = this.#pool
    const end = starts[sentence + 1]!
    for (let j = starts[sentence]!; j < end; j++) if (this.counts[typeOf[j]!]! + counts[j]! > high) return false
    return true
  }

  /** By how much adding a sentence would take types over `high`, all types together. */
  excess(sentence: number, high: number): number {
    const { starts, typeOf, counts } = this.#pool
    let excess = 0
    for (let j = starts[sentence]!; j < starts[sentence + 1]!; j++) {
      const over = this.counts[typeOf[j]!]! + counts[j]! - high
      if (over > 0) excess += over
    }
    return excess
  }

  /** Whether the sentence has a type that is counted fewer than `low` times so far. */
  helps(sentence: number, low: number): boolean {
    const { starts, typeOf } = this.#pool
    for (let j = starts[sentence]!; j < starts[sentence + 1]!; j++) if (this.counts[typeOf[j]!]! < low) return true
    return false
  }

  #count(sentence: number, sign: 1 | -1): void {
    const { starts, typeOf, counts } = this.#pool
    for (let j = starts[sentence]!; j < starts[sentence + 1]!; j++) this.counts[typeOf[j]!]! += sign * counts[j]!
  }
}
