import { InputError } from "../errors.ts"
import { jsonArray, jsonSequence } from "./jsonArray.ts"
import { excerpt, parseJson, type Row } from "./jsonl.ts"
import { type Line, lines } from "./lines.ts"
import { type Malformed, report } from "./Malformed.ts"
import { isParquet, parquetRows } from "./parquet.ts"
import { type Source, sourceName } from "./Source.ts"

/**
 * The records of a table, whichever way it is kept: the rows of a Parquet file (by its extension), the elements of a JSON array (it
 * starts with `[`), else JSON Lines. All are streamed. `line` is the line where a record starts, in Parquet the row.
 */
export async function* records(source: Source, options: Malformed = {}): AsyncGenerator<Row<unknown>> {
  if (await isParquet(source)) {
    yield* parquetRows(source)
    return
  }
  const name = sourceName(source)
  for await (const { text, number } of jsonTexts(source, options)) {
    const value = parseJson(text)
    if (value !== undefined) yield { value, line: number }
    else report(options, new InputError({ source: name, line: number, reason: `not JSON: ${excerpt(text)}` }))
  }
}

/** The texts of the values in a file of JSON: the elements of an array, a value a line, or values that stand on several lines. */
export async function* jsonTexts(source: Source, options: Malformed): AsyncGenerator<Line> {
  const all = lines(source, options)
  const start: Array<Line> = []
  const next = async (): Promise<Line | undefined> => {
    for (;;) {
      const { done, value } = await all.next()
      if (done) return undefined
      if (!/\S/.test(value.text)) continue
      start.push(value)
      return value
    }
  }
  const whole = async function* () {
    yield* start
    yield* all
  }
  const first = await next()
  if (first === undefined) return
  if (first.text.trimStart().startsWith("[") && !(await isList(first.text, next))) {
    yield* jsonArray(whole(), sourceName(source))
    return
  }
  if (parseJson(first.text) === undefined && /^\s*\{/.test(first.text)) {
    const second = await next()
    // A broken record among records on lines of their own is no reason to take them all for one.
    if (second !== undefined && !isObject(second.text)) {
      yield* jsonSequence(whole(), sourceName(source))
      return
    }
  }
  for await (const line of whole()) if (/\S/.test(line.text)) yield line
}

/** Whether an array is one record of several, `["text", {..}]` a line, and not the array of all records. */
const isList = async (first: string, next: () => Promise<Line | undefined>): Promise<boolean> =>
  Array.isArray(parseJson(first)) && Array.isArray(parseJson((await next())?.text ?? ""))

const isObject = (text: string): boolean => {
  const value = parseJson(text)
  return typeof value === "object" && value !== null
}
