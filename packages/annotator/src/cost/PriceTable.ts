import { InputError } from "@nuner/core"
import { Schema } from "effect"
import type { Usage } from "../llm/Llm.ts"
import prices from "./prices.json" with { type: "json" }

/** US dollars for a million tokens. */
export const Price = Schema.Struct({
  input: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)),
  output: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)),
  /** What a batch costs of the direct price: 0.5 is half. Default: 1 */
  batchFactor: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  note: Schema.optionalKey(Schema.String)
})
export interface Price extends Schema.Schema.Type<typeof Price> {}

/** A dated list of prices. A model's name matches exactly, or as the prefix of a dated snapshot (`name-2024-07-18`). */
export const PriceTable = Schema.Struct({
  /** The day on which somebody looked these prices up, ISO 8601. */
  date: Schema.String,
  note: Schema.optionalKey(Schema.String),
  models: Schema.Record(Schema.String, Price)
})
export interface PriceTable extends Schema.Schema.Type<typeof PriceTable> {}

/** The table that comes with the package. Prices change: give your own file when money depends on it. */
export const bundledPrices: PriceTable = Schema.decodeUnknownSync(PriceTable)(prices)

/** @throws InputError naming the file and the field */
export const readPriceTable = async (path: string): Promise<PriceTable> => {
  const file = Bun.file(path)
  if (!(await file.exists())) throw new InputError({ source: path, reason: "there is no such price file" })
  try {
    return Schema.decodeUnknownSync(Schema.fromJsonString(PriceTable))(await file.text())
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ")
    throw new InputError({ source: path, reason, remedy: 'expected {"date", "models": {name: {"input", "output"}}}' })
  }
}

/** The model's price, or undefined if the table does not know it. */
export const priceOf = (table: PriceTable, model: string): Price | undefined =>
  table.models[model] ?? table.models[model.replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2})$/, "")]

/** In US dollars. */
export const costOf = (price: Price, usage: Usage, batched: boolean): number =>
  ((usage.inputTokens * price.input + usage.outputTokens * price.output) / 1e6) *
  (batched ? (price.batchFactor ?? 1) : 1)
