/**
 * What every score is computed from: per unit (a sentence, or an episode) and type, how many entities (or words) are predicted, are gold,
 * and are both. Unit `i` has the entries `starts[i] .. starts[i + 1]`; types without any are left out.
 */
export interface Counts {
  readonly units: number
  /** Sorted by UTF-16 code units. */
  readonly types: ReadonlyArray<string>
  /** Macro averages are over all of `types`, not over those that occur. */
  readonly allTypes: boolean
  readonly starts: Int32Array // [units + 1]
  readonly typeOf: Int32Array // [entries]
  readonly correct: Int32Array // [entries]
  readonly predicted: Int32Array // [entries]
  readonly gold: Int32Array // [entries]
}

/** Collects counts a unit at a time. */
export class CountsBuilder {
  readonly #types: ReadonlyArray<string>
  readonly #allTypes: boolean
  readonly #starts: Array<number> = [0]
  readonly #entries: Array<number> = []
  /** Of the unit at hand: correct, predicted, gold of each type. */
  readonly #row: Int32Array
  #touched: Array<number> = []

  constructor(types: ReadonlyArray<string>, allTypes: boolean) {
    this.#types = types
    this.#allTypes = allTypes
    this.#row = new Int32Array(3 * types.length)
  }

  add(type: number, correct: number, predicted: number, gold: number): void {
    const at = 3 * type
    if (this.#row[at + 1] === 0 && this.#row[at + 2] === 0) this.#touched.push(type)
    this.#row[at]! += correct
    this.#row[at + 1]! += predicted
    this.#row[at + 2]! += gold
  }

  endUnit(): void {
    for (const type of this.#touched) {
      const row = this.#row.subarray(3 * type, 3 * type + 3)
      this.#entries.push(type, row[0]!, row[1]!, row[2]!)
      row.fill(0)
    }
    this.#touched = []
    this.#starts.push(this.#entries.length / 4)
  }

  build(): Counts {
    const column = (offset: number) =>
      Int32Array.from({ length: this.#entries.length / 4 }, (_, i) => this.#entries[4 * i + offset]!)
    return {
      units: this.#starts.length - 1,
      types: this.#types,
      allTypes: this.#allTypes,
      starts: Int32Array.from(this.#starts),
      typeOf: column(0),
      correct: column(1),
      predicted: column(2),
      gold: column(3)
    }
  }
}

/** Units joined in order: the first `sizes[0]` become one, the next `sizes[1]` another. Sentences of an episode, or of a document. */
export const groupUnits = (counts: Counts, sizes: ReadonlyArray<number>): Counts => {
  const builder = new CountsBuilder(counts.types, counts.allTypes)
  let unit = 0
  for (const size of sizes) {
    for (let i = counts.starts[unit]!; i < counts.starts[unit + size]!; i++) {
      builder.add(counts.typeOf[i]!, counts.correct[i]!, counts.predicted[i]!, counts.gold[i]!)
    }
    builder.endUnit()
    unit += size
  }
  return builder.build()
}
