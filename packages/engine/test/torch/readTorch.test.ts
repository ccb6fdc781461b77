import { expect, test } from "bun:test"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { readTorch, SafetensorsError } from "@nuner/engine"
import { tempDir } from "@nuner/testing"

// Files that torch.save wrote (fixtures/reference_torch_save.py).
const fixtures = join(import.meta.dir, "..", "fixtures", "torch")
const reasonOf = (path: string): Promise<string> =>
  readTorch(path).then(
    () => "read",
    (error: unknown) => (error instanceof SafetensorsError ? error.reason : `${error}`)
  )

test("a dictionary of weights: numbers, half precisions, views of one storage, parameters", async () => {
  const file = await readTorch(join(fixtures, "weights.bin"))
  const read = async (name: string) => Array.from((await file.read(name)) as ArrayLike<number>)
  const near = (found: Array<number>, wanted: Array<number>) => {
    expect(found.length).toBe(wanted.length)
    for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 6)
  }
  const weight = [-0.0043225, 0.3097158, -0.4751853, -0.4248946, -0.222369, 0.1548207]
  expect(file.entries.get("0.weight")).toMatchObject({ dtype: "F32", shape: [2, 3] })
  near(await read("0.weight"), weight)
  near(await read("shared"), weight)
  near(await read("second row"), weight.slice(3))
  near(await read("1.bias_hh_l0"), [-0.1611834, 0.1058141, 0.9054762, -0.9276704])
  expect(await read("half")).toEqual([1.5, -2.25, 65504])
  expect(await read("bfloat")).toEqual([1.5, -3])
  expect(await file.read("count")).toEqual(BigInt64Array.of(7n, -(2n ** 40n)))
  expect(await read("scalar")).toEqual([0.25])
  expect(file.entries.get("scalar")!.shape).toEqual([])
  expect(await read("parameter")).toEqual([4])
  expect(file.entries.size).toBe(13)
  await file.close()
})

test.each([
  ["module.bin", /asks for torch\.nn\.modules\.container\.Sequential/],
  ["planted.bin", /asks for posix\.system/],
  ["turned.bin", /strides \[1,3\] over \[3,2\]/],
  ["checkpoint.bin", /"epoch" is no tensor/],
  ["wide.bin", /Double numbers are not read/],
  ["legacy.bin", /is no ZIP archive/]
])("%s is refused by name", async (name, reason) => {
  expect(await reasonOf(join(fixtures, name))).toMatch(reason)
})

test("no damaged byte of the pickle runs code, hangs, or gives tensors beyond the file", async () => {
  using directory = tempDir()
  const bytes = await readFile(join(fixtures, "weights.bin"))
  const start = bytes.indexOf("data.pkl") + 8
  const path = directory.file("damaged.bin")
  for (let at = start; at < start + 900; at += 7) {
    const damaged = Uint8Array.from(bytes)
    damaged[at]! ^= 1 << (at % 8)
    await writeFile(path, damaged)
    try {
      const file = await readTorch(path)
      for (const { end } of file.entries.values()) expect(end).toBeLessThanOrEqual(bytes.length)
      await file.close()
    } catch (error) {
      expect(error).toBeInstanceOf(SafetensorsError)
    }
  }
  for (const length of [0, 10, 700, bytes.length - 30]) {
    await writeFile(path, bytes.subarray(0, length))
    expect(await reasonOf(path)).toMatch(/ZIP|truncated|damaged|bytes/)
  }
})
