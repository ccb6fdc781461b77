import { expect, test } from "bun:test"
import { tempDir } from "@nuner/testing"
import { formats } from "../src/index.ts"
import { fuzz } from "./fuzz.ts"

for (const format of formats) {
  test(`${format.name}: broken files are refused by name, or read with counts that balance`, async () => {
    using folder = tempDir()
    const { read, refused } = await fuzz(format, 200, folder.path)
    expect([read > 0, refused > 0]).toEqual([true, true])
  })
}
