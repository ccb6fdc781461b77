import { Fraction, InputError, jsonOf, messageOf, NonNegative, withoutSecrets } from "@nuner/core"
import { Result, Schema } from "effect"
import type { Usage } from "../llm/Llm.ts"
import prices from "./prices.json" with { type: "json" }

/** US dollars for a million tokens. */
export const Price = Schema.Struct({
  input: NonNegative,
  output: NonNegative,
  /** What a batch costs of the direct price: 0.5 is half. Default: 1 */
  batchFactor: Schema.optionalKey(Fraction),
  note: Schema.optionalKey(Schema.String)
})
export interface Price extends Schema.Schema.Type<typeof Price> {}

/** A dated list of prices. A model's name matches exactly, or as the prefix of a dated snapshot (`name-2024-07-18`). */
export const PriceTable = Schema.Struct({
  /** The day on which somebody looked these prices up, ISO 8601. */
  date: Schema.String,
  /** Where from: an address, or who wrote them down. */
  source: Schema.optionalKey(Schema.String),
  note: Schema.optionalKey(Schema.String),
  models: Schema.Record(Schema.String, Price)
})
export interface PriceTable extends Schema.Schema.Type<typeof PriceTable> {}

/** The table that comes with the package. Prices change: give your own file when money depends on it. */
export const bundledPrices: PriceTable = Schema.decodeUnknownSync(PriceTable)(prices)

/** A table's date and how long ago that is, in words. */
export const datedPrices = (date: string, now = Date.now()): string => {
  const days = Math.floor((now - Date.parse(date)) / 86_400_000)
  return Number.isNaN(days) ? date : `${date}, ${days} days ago`
}

/** @throws InputError naming the file and the field */
export const readPriceTable = async (path: string): Promise<PriceTable> => {
  const text = await fileText(path)
  try {
    return Schema.decodeUnknownSync(Schema.fromJsonString(PriceTable))(text)
  } catch (cause) {
    const reason = messageOf(cause).replace(/\s+/g, " ")
    throw new InputError({ source: path, reason, remedy: 'expected {"date", "models": {name: {"input", "output"}}}' })
  }
}

/** Models of LiteLLM's table, US dollars a token; what is priced otherwise (images, speech) has no such fields. */
const LiteLlm = Schema.Record(
  Schema.String,
  Schema.Struct({
    input_cost_per_token: Schema.optionalKey(Schema.NullOr(Schema.Finite)),
    output_cost_per_token: Schema.optionalKey(Schema.NullOr(Schema.Finite)),
    input_cost_per_token_batches: Schema.optionalKey(Schema.NullOr(Schema.Finite))
  })
)

/**
 * A fresh table from a maintained one: a file or an https address that holds ours, or LiteLLM's `model_prices_and_context_window.json`.
 *
 * @param date of today, ISO 8601; ours keeps its own
 * @throws InputError
 */
export const fetchPrices = async (from: string, date: string): Promise<PriceTable> => {
  const source = withoutSecrets(from)
  const text = /^https?:\/\//.test(from) ? await download(from, source) : await fileText(from)
  const at = { source, remedy: 'expected {"date", "models"}, or the table that LiteLLM maintains' }
  const fail = (reason: string): never => {
    throw new InputError({ ...at, reason })
  }
  const json = jsonOf(text, at)
  const ours = Schema.decodeUnknownResult(PriceTable)(json)
  if (Result.isSuccess(ours)) return { ...ours.success, source: ours.success.source ?? source }
  const theirs = Schema.decodeUnknownResult(LiteLlm)(json)
  if (Result.isFailure(theirs)) return fail("is no table of prices")
  const models = Object.entries(theirs.success).flatMap(([name, price]): Array<[string, Price]> => {
    const { input_cost_per_token: input, input_cost_per_token_batches: batch, output_cost_per_token: output } = price
    if (typeof input !== "number" || typeof output !== "number" || name === "sample_spec") return []
    const batchFactor =
      typeof batch === "number" && input > 0 ? { batchFactor: Math.min(1, rounded(batch / input)) } : {}
    return [[name, { input: rounded(1e6 * input), output: rounded(1e6 * output), ...batchFactor }]]
  })
  return models.length === 0 ? fail("names no price by tokens") : { date, source, models: Object.fromEntries(models) }
}

const rounded = (value: number): number => Number(value.toPrecision(12))

const download = async (url: string, source: string): Promise<string> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) }).catch((cause: unknown) => {
    const reason = withoutSecrets(messageOf(cause))
    throw new InputError({ source, reason, remedy: "check the address, or fetch it and name the file" })
  })
  if (response.ok) return response.text()
  throw new InputError({ source, reason: `answers ${response.status}`, remedy: "check the address" })
}

const fileText = async (path: string): Promise<string> => {
  const file = Bun.file(path)
  if (!(await file.exists())) throw new InputError({ source: path, reason: "there is no such price file" })
  return file.text()
}

/** The model's price, or undefined if the table does not know it. */
export const priceOf = (table: PriceTable, model: string): Price | undefined =>
  table.models[model] ?? table.models[model.replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2})$/, "")]

/** In US dollars. */
export const costOf = (price: Price, usage: Usage, batched: boolean): number =>
  ((usage.inputTokens * price.input + usage.outputTokens * price.output) / 1e6) *
  (batched ? (price.batchFactor ?? 1) : 1)
