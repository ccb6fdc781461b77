import { InputError } from "../errors.ts"
import { jsonArray } from "./jsonArray.ts"
import { excerpt, parseJson, type Row } from "./jsonl.ts"
import { type Line, lines } from "./lines.ts"
import { type Malformed, report } from "./Malformed.ts"
import { parquetRows } from "./parquet.ts"
import { extension, type Source, sourceName } from "./Source.ts"

/**
 * The records of a table, whichever way it is kept: the rows of a Parquet file (by its extension), the elements of a JSON array (it
 * starts with `[`), else JSON Lines. All are streamed. `line` is the line where a record starts, in Parquet the row.
 */
export async function* records(source: Source, options: Malformed = {}): AsyncGenerator<Row<unknown>> {
  if (extension(source) === "parquet") {
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

/** The texts of the values in a file of JSON. */
async function* jsonTexts(source: Source, options: Malformed): AsyncGenerator<Line> {
  const all = lines(source, options)
  let first: Line | undefined
  for (let next = await all.next(); !next.done; next = await all.next()) {
    if (/\S/.test(next.value.text)) {
      first = next.value
      break
    }
  }
  if (first === undefined) return
  if (first.text.trimStart().startsWith("[")) {
    yield* jsonArray(first, all, sourceName(source))
    return
  }
  yield first
  for await (const line of all) if (/\S/.test(line.text)) yield line
}
