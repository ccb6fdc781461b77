import { describe, expect, test } from "bun:test"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { OutputError } from "@nuner/core"
import { tempDir } from "@nuner/testing"
import {
  readSafetensors,
  readWeights,
  SafetensorsError,
  type TensorSource,
  writeSafetensors,
  writeWeights
} from "../../src/index.ts"

const reference = `${import.meta.dir}/../fixtures/reference.safetensors`
const wide = [0, -0, 1, -2.5, 65504, 1e-7, Math.PI, Number.POSITIVE_INFINITY]

/** A file whose header is `header`, followed by `bytes` zero bytes. */
const lie = (header: unknown, bytes: number, length?: bigint): Uint8Array => {
  const text = typeof header === "string" ? header : JSON.stringify(header)
  const out = Buffer.alloc(8 + Buffer.byteLength(text) + bytes)
  out.writeBigUInt64LE(length ?? BigInt(Buffer.byteLength(text)))
  out.write(text, 8)
  return out
}

const source = (name: string, dtype: TensorSource["dtype"], shape: Array<number>, data: TensorSource["data"]) => ({
  name,
  dtype,
  shape,
  data
})

test("reads a file of the reference implementation", async () => {
  const file = await readSafetensors(reference)
  expect(file.metadata).toEqual({ format: "pt" })
  expect([...file.entries.keys()].toSorted()).toEqual(
    ["a.wide", "b.brain", "b.half", "counts", "empty", "ids", "scalar"].toSorted()
  )
  expect(file.entries.get("b.half")).toMatchObject({ dtype: "F16", shape: [2, 4] })
  expect(await file.read("a.wide")).toEqual(new Float32Array(wide))
  expect(await file.read("b.half")).toEqual(
    new Float32Array([0, -0, 1, -2.5, 65504, 2 * 2 ** -24, 3.140625, Number.POSITIVE_INFINITY])
  )
  expect([...(await file.read("b.brain"))].slice(4, 7)).toEqual([65536, Math.fround(1.0011717677116394e-7), 3.140625])
  expect(await file.read("ids")).toEqual(new BigInt64Array([1n, -2n, 2n ** 40n]))
  expect(await file.read("counts")).toEqual(new Int32Array([7, -9]))
  expect(await file.read("scalar")).toEqual(new Float32Array([0.5]))
  expect(await file.read("empty")).toEqual(new Float32Array(0))
  await file.close()
})

test("writes the same bytes as the reference implementation", async () => {
  using dir = tempDir()
  const values = new Float32Array(wide)
  await writeSafetensors(
    dir.file("mine"),
    [
      source("b.half", "F16", [2, 4], () => values),
      source("a.wide", "F32", [4, 2], () => values),
      source("b.brain", "BF16", [8], () => values),
      source("ids", "I64", [3], () => new BigInt64Array([1n, -2n, 2n ** 40n])),
      source("counts", "I32", [2, 1], () => new Int32Array([7, -9])),
      source("scalar", "F32", [], () => new Float32Array([0.5])),
      source("empty", "F32", [0, 3], () => new Float32Array(0))
    ],
    { format: "pt" }
  )
  const [mine, theirs] = [readFileSync(dir.file("mine")), readFileSync(reference)]
  const split = (bytes: Buffer) => {
    const end = 8 + Number(bytes.readBigUInt64LE())
    return { header: JSON.parse(bytes.toString("utf8", 8, end)), data: bytes.subarray(end).toString("hex") }
  }
  expect(split(mine)).toEqual(split(theirs))
  expect(mine.length).toBe(theirs.length)
})

test("float16 and bfloat16 survive a round trip for every bit pattern", async () => {
  using dir = tempDir()
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i)
  for (const dtype of ["F16", "BF16"] as const) {
    const header = lie({ x: { dtype, shape: [65536], data_offsets: [0, 131072] } }, 131072)
    header.set(new Uint8Array(all.buffer), header.length - 131072)
    writeFileSync(dir.file(dtype), header)
    const file = await readSafetensors(dir.file(dtype))
    const widened = (await file.read("x")) as Float32Array
    await file.close()
    if (dtype === "F16") expect(Object.is(widened[0x3c01], 1 + 1 / 1024)).toBe(true)
    await writeSafetensors(dir.file("again"), [source("x", dtype, [65536], () => widened)])
    const again = readFileSync(dir.file("again")).subarray(-131072)
    const back = new Uint16Array(Uint8Array.from(again).buffer)
    const wrong = [...all].filter((pattern, i) => !Number.isNaN(widened[i]!) && back[i] !== pattern)
    expect(wrong).toEqual([])
    expect(
      [...all]
        .filter((_, i) => Number.isNaN(widened[i]!))
        .every((i) => (back[i]! & 0x7fff) > (dtype === "F16" ? 0x7c00 : 0x7f80))
    ).toBe(true)
  }
})

test("rounding to half precision is to nearest, ties to even", async () => {
  using dir = tempDir()
  const cases = [1 + 1 / 2048, 1 + 3 / 2048, 65519.9, 65520, 2 ** -25, 3 * 2 ** -25, -1e-9, 1 + 1 / 256, 1 + 3 / 256]
  const back = async (dtype: "F16" | "BF16") => {
    await writeSafetensors(dir.file(dtype), [source("x", dtype, [cases.length], () => new Float32Array(cases))])
    const file = await readSafetensors(dir.file(dtype))
    const numbers = [...((await file.read("x")) as Float32Array)]
    await file.close()
    return numbers
  }
  expect((await back("F16")).slice(0, 7)).toEqual([1, 1 + 1 / 512, 65504, Number.POSITIVE_INFINITY, 0, 2 ** -23, -0])
  expect((await back("BF16")).slice(7)).toEqual([1, 1 + 1 / 64])
})

describe("a header that lies is refused by name", () => {
  const f32 = (shape: unknown, offsets: unknown, dtype: unknown = "F32") => ({ dtype, shape, data_offsets: offsets })
  const lies: Array<[string, Uint8Array, RegExp]> = [
    ["an empty file", new Uint8Array(0), /too few/],
    ["a header longer than the file", lie({}, 0, 1000n), /header of 1000 bytes/],
    ["a header of 2^63 bytes", lie({}, 0, 2n ** 63n), /not a safetensors file/],
    ["no JSON", lie("{]", 0), /not JSON/],
    ["a list", lie("[]", 0), /no object/],
    ["an unknown dtype", lie({ x: f32([1], [0, 4], "F31") }, 4), /"x".*F31/],
    ["a negative size", lie({ x: f32([-1], [0, 4]) }, 4), /"x": shape/],
    ["a size that is no number", lie({ x: f32(["1"], [0, 4]) }, 4), /"x": shape/],
    ["sizes that overflow", lie({ x: f32([2 ** 40, 2 ** 40], [0, 4]) }, 4), /"x": F32/],
    ["offsets beyond the file", lie({ x: f32([2], [0, 8]) }, 4), /"x": data_offsets \[0,8\] lie outside/],
    ["offsets that run backwards", lie({ x: f32([1], [4, 0]) }, 4), /lie outside/],
    ["a size that disagrees", lie({ x: f32([2], [0, 4]) }, 4), /takes 8 bytes, data_offsets give 4/],
    ["overlap", lie({ x: f32([2], [0, 8]), y: f32([1], [4, 8]) }, 8), /"y": data begins at 4/],
    ["a hole", lie({ x: f32([1], [0, 4]), y: f32([1], [8, 12]) }, 12), /"y": data begins at 8/],
    ["bytes that belong to nothing", lie({ x: f32([1], [0, 4]) }, 8), /take 4 bytes, the file has 8/],
    ["a truncated file", lie({ x: f32([2], [0, 8]) }, 7), /outside the file's 7 bytes/],
    ["metadata that is no text", lie({ __metadata__: { a: 1 } }, 0), /__metadata__ "a"/]
  ]
  for (const [name, bytes, reason] of lies) {
    test(name, async () => {
      using dir = tempDir()
      writeFileSync(dir.file("x"), bytes)
      const error = await readSafetensors(dir.file("x")).catch((e) => e)
      expect(error).toBeInstanceOf(SafetensorsError)
      expect(error.message).toMatch(reason)
      expect(error.message).toStartWith(dir.file("x"))
    })
  }
})

test("names from Object.prototype are ordinary names", async () => {
  using dir = tempDir()
  await writeSafetensors(dir.file("x"), [source("__proto__", "F32", [1], () => new Float32Array([3]))])
  const file = await readSafetensors(dir.file("x"))
  expect([...file.entries.keys()]).toEqual(["__proto__"])
  expect(await file.read("__proto__")).toEqual(new Float32Array([3]))
  await expect(file.read("toString")).rejects.toThrow(SafetensorsError)
  await file.close()
})

test("a failed write leaves the old file and nothing else", async () => {
  using dir = tempDir()
  await writeSafetensors(dir.file("x"), [source("a", "F32", [1], () => new Float32Array([1]))])
  const before = readFileSync(dir.file("x"))
  const fails = [
    [source("a", "F32", [2], () => new Float32Array(1))],
    [source("a", "F32", [1], () => new Int32Array(1))],
    [source("a", "F32", [1], () => Promise.reject(new Error("no data")))],
    [source("a", "F32", [0], () => new Float32Array(0)), source("a", "F32", [0], () => new Float32Array(0))]
  ]
  for (const tensors of fails) await expect(writeSafetensors(dir.file("x"), tensors)).rejects.toThrow()
  expect(readdirSync(dir.path)).toEqual(["x"])
  expect(readFileSync(dir.file("x"))).toEqual(before)
  mkdirSync(dir.file("sub"))
  const refused = {
    sub: "is a folder (name a file)",
    "x/y": "a part of the path is a file (name another folder)",
    "x.gz": "safetensors is not written as gzip (drop the .gz of its name)"
  }
  for (const [name, reason] of Object.entries(refused)) {
    const error = await writeSafetensors(dir.file(name), []).catch((error) => error)
    expect(error).toBeInstanceOf(OutputError)
    expect(error.message).toBe(`${dir.file(name)}: ${reason}`)
  }
  expect(readdirSync(dir.path).toSorted()).toEqual(["sub", "x"])
  await expect(readSafetensors(dir.file("none"))).rejects.toThrow("no such file")
})

test("tensors are asked for one after the other, each once", async () => {
  using dir = tempDir()
  const order: Array<string> = []
  const named = (name: string, dtype: "F32" | "F16") =>
    source(name, dtype, [1], async () => {
      order.push(name)
      return new Float32Array(1)
    })
  await writeSafetensors(dir.file("x"), [named("z", "F32"), named("h", "F16"), named("a", "F32")])
  expect(order).toEqual(["a", "z", "h"])
})

const weights = (dtype: "F32" | "F16" | "BF16", ...values: ReadonlyArray<number>) =>
  source("layer.weight", dtype, [values.length], () => Float32Array.from(values))

test("weights that are no numbers are neither written nor read: the error names file and tensor", async () => {
  using dir = tempDir()
  for (const dtype of ["F32", "F16", "BF16"] as const) {
    for (const stranger of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const bad = weights(dtype, 1, 2, stranger)
      const reason = `: tensor "layer.weight": holds ${stranger} at number 2 of 3`
      const path = dir.file(`${dtype}.safetensors`)
      const refused = await writeWeights(path, [bad]).catch((error) => error)
      expect(refused).toBeInstanceOf(SafetensorsError)
      expect(refused.message).toContain(path + reason)
      expect(readdirSync(dir.path)).toEqual([])
      // The format itself holds any number.
      await writeSafetensors(path, [bad])
      const file = await readSafetensors(path)
      await expect(readWeights(file, "layer.weight")).rejects.toThrow(path + reason)
      await file.close()
      await writeWeights(path, [weights(dtype, 1, 2, 3)])
      const good = await readSafetensors(path)
      expect([...(await readWeights(good, "layer.weight"))]).toEqual([1, 2, 3])
      await good.close()
      await Bun.file(path).delete()
    }
  }
})
