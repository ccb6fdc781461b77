import { expect, test } from "bun:test"
import { existsSync, writeFileSync } from "node:fs"
import * as tf from "@tensorflow/tfjs-core"
import "@tensorflow/tfjs-backend-cpu"
import { Effect } from "effect"
import { close, dataDir, effectTest, leakCheck, tempDir, withData } from "../src/index.ts"

test("close accepts within the tolerance, and names the worst pair otherwise", () => {
  close([1, 2], Float32Array.of(1, 2.001), 0.01)
  close([Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY], 0)
  expect(() => close([1, 2, 4], [1, 2.5, 4.1], 0.01)).toThrow("[1] 2 against 2.5")
  expect(() => close([Number.NaN], [0], 1)).toThrow("not close")
  expect(() => close([1], [1, 2], 1)).toThrow()
})

test("tempDir is removed at the end of its scope", () => {
  let path = ""
  {
    using dir = tempDir()
    path = dir.path
    writeFileSync(dir.file("x"), "x")
    expect(existsSync(dir.file("x"))).toBe(true)
  }
  expect(existsSync(path)).toBe(false)
})

test("leakCheck catches a leak", async () => {
  expect(await leakCheck(() => tf.tidy(() => tf.scalar(1).dataSync()[0]))).toBe(1)
  let leaked: tf.Tensor | undefined
  const leak = leakCheck(() => {
    leaked = tf.scalar(1)
  })
  await expect(leak).rejects.toThrow("tensors leaked")
  leaked?.dispose()
})

effectTest("effectTest runs a scoped effect", () => Effect.addFinalizer(() => Effect.void))
withData("withData hands over the folder", (directory) => expect(directory).toBe(dataDir()!))
