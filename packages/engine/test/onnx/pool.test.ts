import { beforeAll, expect, test } from "bun:test"
import { tf, useEngine } from "../../src/index.ts"
import { BufferPool } from "../../src/onnx/BufferPool.ts"
import type { Runtime } from "../../src/onnx/Runtime.ts"

/** Addresses without memory behind them: the pool itself never touches what it hands out. */
const bookkeeping = () => {
  const taken = new Map<number, number>()
  let next = 2 ** 30
  return {
    taken,
    take(bytes: number) {
      taken.set(next, bytes)
      next += bytes
      return next - bytes
    },
    give(address: number, bytes: number) {
      expect(taken.get(address)).toBe(bytes)
      taken.delete(address)
    }
  }
}
const noRuntime = {} as Runtime
const megabyte = 2 ** 20

test("a returned buffer serves the next request of about its size, and no smaller one", () => {
  const pool = new BufferPool(noRuntime, bookkeeping())
  const first = pool.take(10 * megabyte)
  pool.give(first)
  expect(pool.take(9 * megabyte)).toBe(first)
  pool.give(first)
  expect(pool.take(4 * megabyte)).not.toBe(first)
})

test("buffers in use never overlap", () => {
  const pool = new BufferPool(noRuntime, bookkeeping())
  const sizes = [1, 255, 256, 257, 1000, 4096, 65_535, 65_536, 65_537, 10 ** 6]
  const buffers = [...sizes, ...sizes].map((size) => ({ size, buffer: pool.take(size) }))
  buffers.sort((a, b) => a.buffer.address - b.buffer.address)
  for (const [i, { size, buffer }] of buffers.entries()) {
    expect(buffer.capacity).toBeGreaterThanOrEqual(size)
    expect(buffer.address % 64).toBe(0)
    const after = buffers[i + 1]
    if (after) expect(buffer.address + buffer.capacity).toBeLessThanOrEqual(after.buffer.address)
  }
})

test("memory kept for reuse stays near the peak in use, whatever sizes come", () => {
  const system = bookkeeping()
  const pool = new BufferPool(noRuntime, system)
  for (let round = 0; round < 200; round++) {
    const sizes = Array.from({ length: 8 }, (_, i) => megabyte * (1 + ((round * 7 + i * 13) % 41)))
    for (const buffer of sizes.map((size) => pool.take(size))) pool.give(buffer)
  }
  const { inUse, peakInUse, reserved } = pool.statistics
  expect(inUse).toBe(0)
  expect(reserved).toBeLessThanOrEqual(peakInUse * 1.15)
  expect([...system.taken.values()].reduce((a, b) => a + b, 0)).toBe(reserved)
  pool.trim()
  expect(system.taken.size).toBe(0)
})

test("a small step's sizes, one after the other, are taken once", () => {
  const system = bookkeeping()
  const pool = new BufferPool(noRuntime, system)
  const step = () => {
    for (const size of [9, 4, 2, 7, 3]) pool.give(pool.take(size * megabyte))
  }
  step()
  const before = new Set(system.taken.keys())
  step()
  expect(new Set(system.taken.keys())).toEqual(before)
})

beforeAll(() => useEngine({ prefer: "onnx" }))

test("views share memory, and the last one frees it", () => {
  const { pool } = tf.backend() as unknown as { pool: BufferPool }
  const before = pool.statistics.inUse
  const x = tf.add(tf.ones([256, 256]), 1)
  const held = pool.statistics.inUse
  const y = tf.reshape(x, [512, 128])
  x.dispose()
  expect(pool.statistics.inUse).toBe(held)
  expect(y.dataSync()[0]).toBe(2)
  y.dispose()
  expect(pool.statistics.inUse).toBeLessThan(held)
  expect(pool.statistics.inUse).toBeGreaterThanOrEqual(before)
})
