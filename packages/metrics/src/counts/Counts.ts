import { InputError } from "@nuner/core"

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

/** Collects counts a unit at a time. Types are numbered as they come, and sorted at the end. */
export class CountsBuilder {
  readonly #ids = new Map<string, number>()
  readonly #given: ReadonlyArray<string> | undefined
  readonly #starts: Array<number> = [0]
  readonly #entries: Array<number> = []
  /** Of the unit at hand: correct, predicted, gold of each type. */
  readonly #row: Array<number> = []
  readonly #touched: Array<number> = []

  /** @param given types that macro averages are over even where they never occur */
  constructor(given?: ReadonlyArray<string>) {
    this.#given = given
    for (const type of given ?? []) if (!this.#ids.has(type)) this.#register(type)
  }

  /** The number of a type. */
  id(type: string): number {
    return this.#ids.get(type) ?? this.#register(type)
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
      const at = 3 * type
      this.#entries.push(type, this.#row[at]!, this.#row[at + 1]!, this.#row[at + 2]!)
      this.#row[at] = this.#row[at + 1] = this.#row[at + 2] = 0
    }
    this.#touched.length = 0
    this.#starts.push(this.#entries.length / 4)
  }

  build(): Counts {
    const types = [...this.#ids.keys()].sort()
    const places = new Map(types.map((type, place) => [this.#ids.get(type)!, place]))
    const column = (offset: number): Int32Array => {
      const values = new Int32Array(this.#entries.length / 4)
      for (let i = 0; i < values.length; i++) values[i] = this.#entries[4 * i + offset]!
      return values
    }
    return {
      units: this.#starts.length - 1,
      types,
      allTypes: this.#given !== undefined,
      starts: Int32Array.from(this.#starts),
      typeOf: column(0).map((id) => places.get(id)!),
      correct: column(1),
      predicted: column(2),
      gold: column(3)
    }
  }

  #register(type: string): number {
    const id = this.#ids.size
    this.#ids.set(type, id)
    this.#row.push(0, 0, 0)
    return id
  }
}

/** Units joined in order: the first `sizes[0]` become one, the next `sizes[1]` another. Sentences of an episode, or of a document. */
export const groupUnits = (counts: Counts, sizes: ReadonlyArray<number>): Counts => {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total !== counts.units) {
    const reason = `${total} units in groups, ${counts.units} counted`
    throw new InputError({ source: "sizes", reason, remedy: "put every unit into one group" })
  }
  const builder = new CountsBuilder(counts.types)
  let unit = 0
  for (const size of sizes) {
    for (let i = counts.starts[unit]!; i < counts.starts[unit + size]!; i++) {
      builder.add(counts.typeOf[i]!, counts.correct[i]!, counts.predicted[i]!, counts.gold[i]!)
    }
    builder.endUnit()
    unit += size
  }
  return { ...builder.build(), allTypes: counts.allTypes }
}
