import { expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { basename } from "node:path"
import { Readable } from "node:stream"
import { tempDir } from "@nuner/testing"
import { $ } from "bun"
import { withStandardInput } from "../src/inputs/standardInput.ts"

test("what comes through a pipe is laid into a file, as standard input is; what is an output or a text stays", async () => {
  using folder = tempDir()
  const [first, second, out] = ["one", "two", "out"].map((name) => folder.file(name)) as [string, string, string]
  await $`mkfifo ${first} ${second} ${out}`
  const writing = Bun.spawn(["sh", "-c", `echo 1 > ${first}; echo 2 > ${second}`])
  const text = "Ada met Carl. ".repeat(1000)
  const given = ["fit", first, "-", second, text, "--out", out, "-o", "-"]
  const { args, remove } = await withStandardInput(given, Readable.from(["standard"]))
  await writing.exited
  expect(args.filter((_, i) => ![1, 2, 3].includes(i))).toEqual(given.filter((_, i) => ![1, 2, 3].includes(i)))
  const files = args.slice(1, 4)
  expect(files.map((file) => readFileSync(file, "utf8"))).toEqual(["1\n", "standard", "2\n"])
  expect(files.map((file) => basename(file))).toEqual(["0-one", "stdin", "2-two"])
  await remove()
  expect(files.filter((file) => existsSync(file))).toEqual([])
})
