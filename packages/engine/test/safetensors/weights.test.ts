import { expect, test } from "bun:test"
import { readdir } from "node:fs/promises"
import { tempDir } from "@nuner/testing"
import { readSafetensors, readWeights, SafetensorsError, writeSafetensors, writeWeights } from "../../src/index.ts"

const source = (dtype: "F32" | "F16" | "BF16", ...values: ReadonlyArray<number>) => ({
  ...{ name: "layer.weight", dtype, shape: [values.length] },
  data: () => Float32Array.from(values)
})

test("weights that are no numbers are neither written nor read: the error names file and tensor", async () => {
  using dir = tempDir()
  for (const dtype of ["F32", "F16", "BF16"] as const) {
    for (const stranger of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const bad = source(dtype, 1, 2, stranger)
      const reason = `: tensor "layer.weight": holds ${stranger} at number 2 of 3`
      const path = dir.file(`${dtype}.safetensors`)
      const refused = await writeWeights(path, [bad]).catch((error) => error)
      expect(refused).toBeInstanceOf(SafetensorsError)
      expect(refused.message).toContain(path + reason)
      expect(await readdir(dir.path)).toEqual([])
      // The format itself holds any number.
      await writeSafetensors(path, [bad])
      const file = await readSafetensors(path)
      await expect(readWeights(file, "layer.weight")).rejects.toThrow(path + reason)
      await file.close()
      await writeWeights(path, [source(dtype, 1, 2, 3)])
      const good = await readSafetensors(path)
      expect([...(await readWeights(good, "layer.weight"))]).toEqual([1, 2, 3])
      await good.close()
      await Bun.file(path).delete()
    }
  }
})
