import { randomUUID } from "node:crypto"
import { rm } from "node:fs/promises"
import type { SchemaElement } from "hyparquet"
import { OutputError } from "../errors.ts"
import { refuseGzip, writeAtomic } from "../files/writeAtomic.ts"
import { type Rows, writeLines } from "../files/writers.ts"
import { lines } from "./lines.ts"

/**
 * Writes what `format` makes of each row as a Parquet file (Snappy), atomically: a column a field, in the types that their values have; lists and
 * objects are nested, and a field whose values have nothing in common is written as JSON. The types are known when the last row is: until then the rows
 * lie in a file beside it, from which they are written a row group at a time.
 *
 * @returns the number of rows
 * @throws OutputError
 */
export const writeParquet = async <A>(path: string, from: Rows<A>, format: (row: A) => object): Promise<number> => {
  refuseGzip(path, "Parquet")
  const held = `${path}.${randomUUID().slice(0, 8)}.rows.tmp`
  let shape = nothing
  try {
    const count = await writeLines(held, from, (one) => {
      const row = format(one)
      shape = merge(shape, shapeOf(row))
      return JSON.stringify(row)
    })
    await writeAtomic(path, filePieces(Object.entries(shape.fields ?? {}), rowGroups(held)))
    return count
  } catch (cause) {
    throw cause instanceof OutputError ? new OutputError({ ...cause, path }) : cause
  } finally {
    await rm(held, { force: true }).catch(() => {})
  }
}

/** Rows of a group at most, and characters of JSON: what is in memory at once. */
const GROUP = { rows: 100_000, characters: 1 << 25 }

type Fields = Readonly<Record<string, unknown>>

async function* rowGroups(path: string): AsyncGenerator<ReadonlyArray<Fields>> {
  let rows: Array<Fields> = []
  let characters = 0
  for await (const { text } of lines(path)) {
    rows.push(JSON.parse(text))
    characters += text.length
    if (rows.length < GROUP.rows && characters < GROUP.characters) continue
    yield rows
    rows = []
    characters = 0
  }
  if (rows.length > 0) yield rows
}

async function* filePieces(
  columns: ReadonlyArray<readonly [string, Shape]>,
  groups: AsyncIterable<ReadonlyArray<Fields>>
): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer")
  const root = { name: "root", num_children: columns.length }
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [root, ...columns.flatMap(([name, shape]) => elements(name, shape))]
  })
  /** What was written since; the writer goes on counting. */
  const taken = () => {
    const piece = bytes.getBytes().slice()
    bytes.index = 0
    return piece
  }
  for await (const rows of groups) {
    const columnData = columns.map(([name, shape]) => ({
      name,
      data: rows.map((row) => stored(own(row, name), shape))
    }))
    await writer.write({ columnData, rowGroupSize: rows.length })
    yield taken()
  }
  await writer.finish()
  yield taken()
}

/** A field, where the object itself has one: one may be called "constructor". */
const own = <A>(fields: Readonly<Record<string, A>>, name: string): A | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined

/** What the values of a column have in common. */
interface Shape {
  readonly kind: "nothing" | "text" | "boolean" | "whole" | "number" | "list" | "object" | "json"
  readonly item?: Shape
  readonly fields?: Readonly<Record<string, Shape>>
}

const nothing: Shape = { kind: "nothing" }

const shapeOf = (value: unknown): Shape => {
  if (value === null || value === undefined) return nothing
  if (typeof value === "string") return { kind: "text" }
  if (typeof value === "boolean") return { kind: "boolean" }
  if (typeof value === "number") return { kind: Number.isSafeInteger(value) ? "whole" : "number" }
  if (Array.isArray(value)) return { kind: "list", item: value.map(shapeOf).reduce(merge, nothing) }
  return {
    kind: "object",
    fields: Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, shapeOf(one)]))
  }
}

const merge = (a: Shape, b: Shape): Shape => {
  if (a.kind === "nothing") return b
  if (b.kind === "nothing") return a
  if (a.kind === "list" && b.kind === "list") return { kind: "list", item: merge(a.item!, b.item!) }
  if (a.kind === "object" && b.kind === "object") {
    const fields = { ...a.fields }
    for (const [name, shape] of Object.entries(b.fields!)) fields[name] = merge(own(fields, name) ?? nothing, shape)
    return { kind: "object", fields }
  }
  if (a.kind === b.kind) return a
  const numbers = ["whole", "number"]
  return { kind: numbers.includes(a.kind) && numbers.includes(b.kind) ? "number" : "json" }
}

const elements = (name: string, shape: Shape): Array<SchemaElement> => {
  const leaf = (type: SchemaElement["type"] & string): SchemaElement => ({ name, type, repetition_type: "OPTIONAL" })
  switch (shape.kind) {
    case "boolean":
      return [leaf("BOOLEAN")]
    case "whole":
      return [leaf("INT64")]
    case "number":
      return [leaf("DOUBLE")]
    case "list":
      return [
        { name, converted_type: "LIST", repetition_type: "OPTIONAL", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        ...elements("element", shape.item!)
      ]
    case "object": {
      const fields = Object.entries(shape.fields!)
      // Parquet has no object without a field.
      if (fields.length === 0) return elements(name, { kind: "json" })
      return [
        { name, repetition_type: "OPTIONAL", num_children: fields.length },
        ...fields.flatMap(([inner, one]) => elements(inner, one))
      ]
    }
    default:
      return [{ ...leaf("BYTE_ARRAY"), converted_type: "UTF8" }]
  }
}

/** A value as the writer takes it for its shape. */
const stored = (value: unknown, shape: Shape): unknown => {
  if (value === null || value === undefined) return null
  switch (shape.kind) {
    case "whole":
      return BigInt(value as number)
    case "list":
      return (value as Array<unknown>).map((one) => stored(one, shape.item!))
    case "object": {
      const fields = Object.entries(shape.fields!)
      if (fields.length === 0) return "{}"
      return Object.fromEntries(fields.map(([name, one]) => [name, stored(own(value as Fields, name), one)]))
    }
    case "json":
      return JSON.stringify(value)
    default:
      return value
  }
}
