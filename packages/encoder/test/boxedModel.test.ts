import { afterAll, expect, mock, test } from "bun:test"
import { mkdirSync, writeFileSync } from "node:fs"
import * as mini from "@nuner/mini"
import { tempDir } from "@nuner/testing"
import { fromPretrained, resolveModel, saveEncoder } from "../src/index.ts"
import { tiny } from "./tiny.ts"

const installed = { ...mini }
afterAll(() => mock.module("@nuner/mini", () => installed))

test("the name of a model in the box is its package's directory, before any folder of that name", async () => {
  using dir = tempDir()
  const encoder = tiny("bert")
  await saveEncoder(dir.file("model"), encoder, { dtype: "I8" })
  await mock.module("@nuner/mini", () => ({ path: dir.file("model") }))
  const here = process.cwd()
  mkdirSync(dir.file("mini"))
  try {
    process.chdir(dir.path)
    expect(await resolveModel("mini")).toBe(dir.file("model"))
    expect(await resolveModel("./mini")).toBe("./mini")
  } finally {
    process.chdir(here)
  }
  const loaded = await fromPretrained("mini")
  expect(loaded.config).toEqual(encoder.config)
  loaded.dispose()
  encoder.dispose()
})

test("a package without its weights says how they are made", async () => {
  using dir = tempDir()
  writeFileSync(dir.file("config.json"), "{}")
  await mock.module("@nuner/mini", () => ({ path: dir.path }))
  await expect(resolveModel("mini")).rejects.toThrow(/weights of @nuner\/mini are not there.*benchmarks\/mini\/make.ts/)
})
