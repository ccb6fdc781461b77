import { afterAll, expect, mock, test } from "bun:test"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
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

const made = existsSync(join(installed.path, "model.safetensors"))

test.skipIf(!made)(`the encoder in the box is what it says${made ? "" : " (its weights are not made)"}`, async () => {
  await mock.module("@nuner/mini", () => installed)
  const encoder = await fromPretrained("mini")
  expect(encoder.config).toMatchObject({ architecture: "bert", hidden: 384, layers: 6, vocabSize: 30_522 })
  expect(encoder.unused).toEqual([])
  encoder.dispose()
  const card = readFileSync(join(installed.path, "README.md"), "utf8")
  expect(card).toContain('base_model: "sentence-transformers/all-MiniLM-L6-v2"')
  expect(card).toContain("Limits:")
  const bytes = Bun.file(join(installed.path, "model.safetensors")).size
  expect(bytes).toBeLessThan(25e6)
})
