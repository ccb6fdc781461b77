import { InputError } from "../errors.ts"
import { jsonArray, jsonSequence } from "./jsonArray.ts"
import { excerpt, parseJson, type Row } from "./jsonl.ts"
import { type Line, lines, textPieces } from "./lines.ts"
import { type Malformed, report } from "./Malformed.ts"
import { isParquet, parquetRows } from "./parquet.ts"
import { recordRows, recordTable } from "./recordTable.ts"
import { ahead, type Source, sourceName } from "./Source.ts"

/**
 * The records of a table, whichever way it is kept: the rows of a Parquet file (by its extension), the elements of a JSON array (it
 * starts with `[`), the rows of a CSV file whose cells hold lists or objects, else JSON Lines. All are streamed. `line` is the line where a record starts,
 * in Parquet the row.
 */
export async function* records(given: Source, options: Malformed = {}): AsyncGenerator<Row<unknown>> {
  if (await isParquet(given)) {
    yield* parquetRows(given)
    return
  }
  const name = sourceName(given)
  const source = ahead(given)
  const table = (await startsAsJson(source.look())) ? undefined : await recordTable({ name, text: source.look() })
  const whole = { name, text: source.read() }
  if (table !== undefined) {
    yield* recordRows(whole, table, options)
    return
  }
  for await (const { text, number } of jsonTexts(whole, options)) {
    const value = parseJson(text)
    if (value !== undefined) yield { value, line: number }
    else report(options, new InputError({ source: name, line: number, reason: `not JSON: ${excerpt(text)}` }))
  }
}

const startsAsJson = async (pieces: AsyncIterable<Uint8Array>): Promise<boolean> => {
  for await (const piece of pieces) {
    const start = new TextDecoder().decode(piece.subarray(0, 1000)).trimStart()
    if (start !== "") return start.startsWith("{") || start.startsWith("[")
  }
  return true
}

/** The texts of the values in a file of JSON: the elements of an array, a value a line, or values that stand on several lines. */
export async function* jsonTexts(given: Source, options: Malformed): AsyncGenerator<Line> {
  const name = sourceName(given)
  const source = ahead(given)
  const [first, second] = await firstLines(source.look())
  const whole = { name, text: source.read() }
  if (first === undefined) return
  // An array may be one record of several, `["text", {..}]` a line, and not the array of all records.
  const isList = isArray(first.text) && second !== undefined && isArray(second.text)
  if (first.text.startsWith("[") && !isList) yield* jsonArray(textPieces(whole), name)
  // A broken record among records on lines of their own is no reason to take them all for one.
  else if (first.text.startsWith("{") && !isValue(first.text) && second?.whole === true && !isValue(second.text)) {
    yield* jsonSequence(textPieces(whole), name)
  } else for await (const line of lines(whole, options)) if (/\S/.test(line.text)) yield line
}

/** Bytes in which the first lines are looked for: an array on one line may be as long as its file. */
const LOOK = 1 << 20

/** The first two lines that are not blank, trimmed. `whole`: all of it was looked at. */
const firstLines = async (pieces: AsyncIterable<Uint8Array>) => {
  const held: Array<Uint8Array> = []
  let size = 0
  let found: Array<{ readonly text: string; readonly whole: boolean }> = []
  const look = (ended: boolean) => {
    const all = new TextDecoder().decode(Buffer.concat(held)).split(/\r?\n|\r/)
    found = all
      .map((text, n) => ({ text: text.trim(), whole: ended || n < all.length - 1 }))
      .filter(({ text }) => text !== "")
  }
  for await (const piece of pieces) {
    held.push(piece)
    size += piece.length
    // Only the end of a line makes more of them whole.
    if (piece.includes(10) || piece.includes(13)) look(false)
    if (found[1]?.whole === true) return found
    if (size < LOOK) continue
    look(false)
    return found
  }
  look(true)
  return found
}

const isArray = (text: string): boolean => Array.isArray(parseJson(text))

const isValue = (text: string): boolean => {
  const value = parseJson(text)
  return typeof value === "object" && value !== null
}
