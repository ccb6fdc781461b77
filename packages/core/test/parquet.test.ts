import { expect, test } from "bun:test"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { tempDir } from "@nuner/testing"
import { records } from "../src/formats/records.ts"
import { writeParquet } from "../src/formats/writeParquet.ts"
import { failure } from "./collect.ts"

const rowsOf = async (path: string) => (await Array.fromAsync(records(path))).map(({ value }) => value)

test("levels that run on behind the end of their page are refused, and not followed", async () => {
  const error = await failure(rowsOf(join(import.meta.dir, "fixtures/long-run.parquet")))
  expect(error).toContain("a page ends before its values do")
})

test("row groups of a long file are read back as one, and nothing is left beside it", async () => {
  using dir = tempDir()
  const rows = Array.from({ length: 100_001 }, (_, n) => ({ n }))
  // What its type is shows in the last row only.
  const late = { n: 0.5, last: "👞" }
  expect(await writeParquet(dir.file("rows.parquet"), [...rows, late], (row) => row)).toBe(100_002)
  expect(await rowsOf(dir.file("rows.parquet"))).toEqual([...rows, late])
  expect(readdirSync(dir.path)).toEqual(["rows.parquet"])
})

test("a field that is called as a method of every object is a field, also where another row has none", async () => {
  using dir = tempDir()
  const rows: Array<object> = [
    { n: 1, in: { a: 1 } },
    { constructor: "McLaren", n: 2, in: { a: 2, toString: 3 } }
  ]
  await writeParquet(dir.file("rows.parquet"), rows, (row) => row)
  expect<unknown>(await rowsOf(dir.file("rows.parquet"))).toEqual(rows)
})

test("a place that cannot be written is told by the name that was given", async () => {
  using dir = tempDir()
  writeFileSync(dir.file("file"), "")
  const error = await failure(writeParquet(dir.file("file/rows.parquet"), [{ a: 1 }], (row) => row))
  expect(error).toBe(
    `OutputError: ${dir.file("file/rows.parquet")}: a part of the path is a file (name another folder)`
  )
})

test("rows that fail leave nothing behind", async () => {
  using dir = tempDir()
  const broken = function* () {
    yield { a: 1 }
    throw new Error("gone")
  }
  expect(await failure(writeParquet(dir.file("rows.parquet"), broken(), (row) => row))).toContain("gone")
  expect(readdirSync(dir.path)).toEqual([])
})
