import { expect, test } from "bun:test"
import { mkdirSync, writeFileSync } from "node:fs"
import { tempDir } from "@nuner/testing"
import { sourcesOf } from "../src/inputs/sources.ts"

test("a folder is its files, hidden ones aside; brat's two files are one", () => {
  using folder = tempDir()
  mkdirSync(folder.file("inner"))
  for (const name of ["b.jsonl", "a.txt", "a.ann", "inner/c.ann", ".hidden.txt"]) writeFileSync(folder.file(name), "x")
  expect(sourcesOf(folder.path)).toEqual(["a.txt", "b.jsonl", "inner/c.ann"].map(folder.file))
})
