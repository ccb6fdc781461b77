import { deflateRawSync, inflateRawSync } from "node:zlib"
import { InputError } from "@nuner/core"
import * as Schema from "effect/Schema"
import type { Counts } from "./Counts.ts"

/** Counts as a line of a log keeps them: every score, by type, over resampled units or against another system's, follows from it. */
export const EncodedCounts = Schema.Struct({
  /** Each type with its correct, predicted and gold of all units together. */
  types: Schema.Array(Schema.Tuple([Schema.String, Schema.Natural, Schema.Natural, Schema.Natural])),
  /** See `Counts`. */
  allTypes: Schema.Boolean,
  units: Schema.Natural,
  /**
   * Columns of variable-length integers, one after the other, deflated, base64: entries of each unit; then type, correct, predicted and
   * gold of each entry.
   */
  entries: Schema.String
})
export interface EncodedCounts extends Schema.Schema.Type<typeof EncodedCounts> {}

/** Counts for a line of a log; `decodeCounts` gives all of them back. */
export const encodeCounts = (counts: Counts): EncodedCounts => {
  const { allTypes, correct, gold, predicted, starts, typeOf, types, units } = counts
  const totals = types.map(() => [0, 0, 0] as [number, number, number])
  for (const [i, type] of typeOf.entries()) {
    totals[type]![0] += correct[i]!
    totals[type]![1] += predicted[i]!
    totals[type]![2] += gold[i]!
  }
  const perUnit = Int32Array.from({ length: units }, (_, unit) => starts[unit + 1]! - starts[unit]!)
  const bytes: Array<number> = []
  for (const column of [perUnit, typeOf, correct, predicted, gold]) {
    for (let value of column) {
      for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128)
      bytes.push(value)
    }
  }
  return {
    types: types.map((type, t) => [type, ...totals[t]!]),
    ...{ allTypes, units, entries: deflateRawSync(Uint8Array.from(bytes), { level: 9 }).toString("base64") }
  }
}

/** @throws InputError when the entries are damaged */
export const decodeCounts = ({ allTypes, entries, types, units }: EncodedCounts): Counts => {
  const damaged = (): never => {
    throw new InputError({ source: "counts", field: "entries", reason: "damaged", remedy: "make the run again" })
  }
  const bytes = (() => {
    try {
      return inflateRawSync(Buffer.from(entries, "base64"))
    } catch {
      return damaged()
    }
  })()
  let at = 0
  const column = (length: number): Int32Array =>
    Int32Array.from({ length }, () => {
      let value = 0
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++] ?? damaged()
        value |= (byte & 127) << shift
        if (byte < 128) return value
      }
    })
  const starts = new Int32Array(units + 1)
  for (const [unit, size] of column(units).entries()) starts[unit + 1] = starts[unit]! + size
  const size = starts[units]!
  const [typeOf, correct, predicted, gold] = [column(size), column(size), column(size), column(size)]
  return { units, types: types.map(([type]) => type), allTypes, starts, typeOf, correct, predicted, gold }
}
