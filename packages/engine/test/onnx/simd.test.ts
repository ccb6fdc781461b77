import { type Pointer, ptr, toArrayBuffer } from "bun:ffi"
import { expect, test } from "bun:test"
import { randomKey, randomUniform } from "../../src/nn/counterRandom.ts"
import type { NativeBuffer } from "../../src/onnx/BufferPool.ts"
import { adamwLoop, runAdamW } from "../../src/onnx/inPlaceAdamW.ts"
import { LinearMemory } from "../../src/onnx/simd/LinearMemory.ts"
import { Ranges } from "../../src/onnx/simd/Ranges.ts"
import { VectorWorker } from "../../src/onnx/simd/VectorWorker.ts"
import type { SystemMemory } from "../../src/onnx/systemMemory.ts"
import { waveValues } from "../lib/wave.ts"

test("ranges in use never overlap, and what is returned becomes one range again", () => {
  const ranges = new Ranges(100, 10_100)
  const key = randomKey("ranges")
  let drawn = 0
  const below = (count: number) => Math.floor(randomUniform(key, drawn++) * count)
  const used: { start: number; bytes: number }[] = []
  for (let i = 0; i < 3000; i++) {
    if (used.length > 0 && below(2) === 0) {
      const [{ start, bytes }] = used.splice(below(used.length), 1) as [{ start: number; bytes: number }]
      ranges.give(start, bytes)
      continue
    }
    const bytes = 1 + below(500)
    const start = ranges.take(bytes)
    if (start === undefined) continue
    expect(start >= 100 && start + bytes <= 10_100).toBe(true)
    expect(used.some((other) => start < other.start + other.bytes && other.start < start + bytes)).toBe(false)
    used.push({ start, bytes })
  }
  expect(ranges.take(10_000)).toBeUndefined()
  for (const { start, bytes } of used) ranges.give(start, bytes)
  expect(ranges.take(10_000)).toBe(100)
  expect(ranges.take(1)).toBeUndefined()
})

/** JavaScript's own arrays, as memory outside the linear one. */
function outside() {
  const arrays = new Map<number, Uint8Array>()
  const memory: SystemMemory = {
    take(bytes) {
      const array = new Uint8Array(bytes)
      arrays.set(ptr(array), array)
      return ptr(array)
    },
    give: (address) => void arrays.delete(address)
  }
  return { memory, arrays }
}

const linux = process.platform === "linux"

test.skipIf(!linux)("linear memory takes what it has room for; the rest overflows, and both come back", async () => {
  const { memory, arrays } = outside()
  const { start, bytes } = await VectorWorker.start(adamwLoop, 8)
  const linear = new LinearMemory(start, bytes, memory)
  expect(bytes).toBe(4 * 2 ** 16)
  const inside = linear.take(bytes)
  expect(inside).toBe(start)
  const over = linear.take(2 ** 12)
  expect([...arrays.keys()]).toEqual([over])
  linear.give(over, 2 ** 12)
  linear.give(inside, bytes)
  expect(arrays.size).toBe(0)
  expect(linear.take(bytes)).toBe(start)
})

/** AdamW with every operation rounded to float32, in the order of the formula. */
function expected([p, m, v, g]: readonly Float32Array[], n: number): number[] {
  const f = Math.fround
  const [b1, a1, b2, a2, eps, rate, decay] = [
    0.9,
    1 - 0.9,
    0.999,
    1 - 0.999,
    Math.sqrt(0.5) * 1e-6,
    1e-3,
    1 - 1e-3 * 0.1
  ].map(f)
  const mean = f(f(m![n]! * b1!) + f(g![n]! * a1!))
  const square = f(f(v![n]! * b2!) + f(f(g![n]! * g![n]!) * a2!))
  const step = f(f(mean / f(f(Math.sqrt(square)) + eps!)) * rate!)
  return [f(f(p![n]! * decay!) - step), mean, square]
}

const numbers = { lr: 1e-3, scale: 1, b1: 0.9, b2: 0.999, eps: 1e-6, wd: 0.1, c1: Math.sqrt(0.5), c2: 0.5 }

for (const placed of linux ? ["inside", "outside", "gradient outside"] : ["outside"]) {
  test(`the compiled AdamW rounds every operation as float32 does, memory ${placed}`, async () => {
    const { memory } = outside()
    const worker = await VectorWorker.start(adamwLoop, linux ? 64 : 0)
    const linear = worker.bytes > 0 ? new LinearMemory(worker.start, worker.bytes, memory) : memory
    const sizes = [1, 3, 4, 17, 16_384, 40_001]
    const items = sizes.map((size) => {
      const before = [0, 1, 2, 3].map((i) => waveValues(size, i + 1).map((x) => (i === 2 ? x * x : x)))
      const buffers = before.map((values, i) => {
        const away = placed === "outside" || (placed === "gradient outside" && i === 3)
        const bytes = Math.ceil(size / 1024) * 4096
        const address = (away ? memory : linear).take(bytes)
        expect(address >= worker.start && address < worker.start + worker.bytes).toBe(!away)
        const view = new Float32Array(toArrayBuffer(address as Pointer, 0, size * 4))
        view.set(values)
        return { address, view }
      })
      return { size, before, buffers }
    })
    runAdamW(
      worker,
      items.map(({ size, buffers }) => ({ size, numbers, buffers: buffers as unknown as NativeBuffer[] }))
    )
    for (const { size, before, buffers } of items) {
      const want = Array.from({ length: size }, (_, n) => expected(before, n))
      for (const i of [0, 1, 2]) expect(buffers[i]!.view).toEqual(Float32Array.from(want, (row) => row[i]!))
      expect(buffers[3]!.view).toEqual(before[3]!)
    }
  })
}

test("more updates than fit into one request are all made", async () => {
  const { memory } = outside()
  const worker = await VectorWorker.start(adamwLoop, 0)
  const view = () => {
    const address = memory.take(16)
    return { address, view: new Float32Array(toArrayBuffer(address as Pointer, 0, 16)).fill(1) }
  }
  const updates = Array.from({ length: 600 }, () => [view(), view(), view(), view()])
  runAdamW(
    worker,
    updates.map((buffers) => ({ size: 4, numbers, buffers: buffers as unknown as NativeBuffer[] }))
  )
  const first = updates[0]![0]!.view
  expect(first[0]).not.toBe(1)
  for (const [p] of updates) expect(p!.view).toEqual(first)
})
