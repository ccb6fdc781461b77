import { type Pointer, ptr, toArrayBuffer } from "bun:ffi"
import { expect, test } from "bun:test"
import { close } from "@nuner/testing"
import { randomKey, randomUniform } from "../../src/nn/random.ts"
import { LinearMemory, Ranges, type SystemMemory } from "../../src/onnx/systemMemory.ts"
import type { VectorKernel } from "../../src/vector/kernels.ts"
import { VectorThreads } from "../../src/vector/VectorThreads.ts"
import { waveValues } from "../lib/wave.ts"

test("ranges in use never overlap, and what is returned becomes one range again", () => {
  const ranges = new Ranges(100, 10_100)
  const key = randomKey("ranges")
  let drawn = 0
  const below = (count: number) => Math.floor(randomUniform(key, drawn++) * count)
  const used: Array<{ start: number; bytes: number }> = []
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
const outside = () => {
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
const room = 2 ** 22

const started = async (threads: number) => {
  const vector = await VectorThreads.start(threads, room)
  const { memory, arrays } = outside()
  const inside = vector.bytes > 0 ? new LinearMemory(vector.start, vector.bytes, memory) : memory
  return { vector, memory, arrays, inside, [Symbol.dispose]: () => vector.stop() }
}

test.skipIf(!linux)("linear memory takes what it has room for; the rest overflows, and both come back", async () => {
  using all = await started(1)
  const { arrays, inside, vector } = all
  const { bytes, start } = vector
  expect(bytes).toBe(room)
  expect(inside.take(bytes)).toBe(start)
  const over = inside.take(2 ** 12)
  expect([...arrays.keys()]).toEqual([over])
  inside.give(over, 2 ** 12)
  inside.give(start, bytes)
  expect(arrays.size).toBe(0)
  expect(inside.take(bytes)).toBe(start)
})

/** AdamW with every operation rounded to float32, in the order of the formula. */
const adamw = ([p, m, v, g]: ReadonlyArray<Float32Array>, n: number, numbers: ReadonlyArray<number>): Array<number> => {
  const f = Math.fround
  const [b1, n1, b2, n2, eps, rate, decay] = numbers.map(f)
  const mean = f(f(m![n]! * b1!) + f(g![n]! * n1!))
  const square = f(f(v![n]! * b2!) + f(f(g![n]! * g![n]!) * n2!))
  const step = f(f(mean / f(f(Math.sqrt(square)) + eps!)) * rate!)
  return [f(f(p![n]! * decay!) - step), mean, square]
}
const adamwNumbers = [0.9, 0.1, 0.999, 0.001, 1e-6, 1e-3, 0.9999]

interface Operand {
  readonly values: Float32Array
  readonly away?: boolean
}

/** Runs a kernel over operands that lie inside or outside the threads' memory, and gives what they hold after. */
const run = (
  { vector, memory, inside }: Awaited<ReturnType<typeof started>>,
  kernel: VectorKernel,
  [units, width]: readonly [units: number, width: number],
  operands: ReadonlyArray<Operand>,
  numbers: ReadonlyArray<number>
): ReadonlyArray<Float32Array> => {
  const views = operands.map(({ away, values }) => {
    const bytes = Math.ceil((values.length + 4) / 1024) * 4096
    const address = (away ? memory : inside).take(bytes)
    const view = new Float32Array(toArrayBuffer(address as Pointer, 0, values.length * 4))
    view.set(values)
    return { address, view }
  })
  vector.run([{ kernel, units, width, addresses: views.map(({ address }) => address), numbers }])
  return views.map(({ view }) => view)
}

const places = [(_: number) => false, (_: number) => true, (i: number) => i % 2 === 1]

for (const threads of [1, 3]) {
  test(`AdamW rounds every operation as float32 does, wherever its memory lies, on ${threads} threads`, async () => {
    using all = await started(threads)
    for (const away of places) {
      for (const size of [1, 3, 17, 70_001]) {
        const before = [0, 1, 2, 3].map((i) => waveValues(size, i + 1).map((x) => (i === 2 ? x * x : x)))
        const operands = before.map((values, i) => ({ values, away: away(i) }))
        const after = run(all, "adamw", [size, 1], operands, adamwNumbers)
        const want = Array.from({ length: size }, (_, n) => adamw(before, n, adamwNumbers))
        for (const i of [0, 1, 2]) expect(after[i]!).toEqual(Float32Array.from(want, (row) => row[i]!))
        expect(after[3]!).toEqual(before[3]!)
      }
    }
  })

  test(`gradients of layer norm, softmax and GELU are those of their formulas, on ${threads} threads`, async () => {
    using all = await started(threads)
    for (const away of places) {
      for (const [rows, width] of [
        [1, 3],
        [35, 18],
        [70, 500]
      ] as const) {
        const [dy, x] = [waveValues(rows * width, 1), waveValues(rows * width, 2, 4)] as const
        const [gamma, mean, rstd] = [waveValues(width, 3), waveValues(rows, 4), waveValues(rows, 5)] as const
        const empty = () => new Float32Array(rows * width)
        const place = (...values: Array<Float32Array>) => values.map((values, i) => ({ values, away: away(i) }))

        const sums = () => new Float32Array(threads * width)
        const norm = place(dy, x, gamma, mean, rstd, empty(), sums(), sums())
        const [dx, dgamma, dbeta] = run(all, "layerNormGrad", [rows, width], norm, [width]).slice(5)
        const wanted = layerNormGrad(dy, x, gamma, mean, rstd)
        close(dx!, wanted.dx, 1e-4)
        const added = (parts: Float32Array) =>
          Array.from({ length: width }, (_, c) => parts.reduce((s, value, i) => s + (i % width === c ? value : 0), 0))
        close(added(dgamma!), wanted.dgamma, 1e-4)
        close(added(dbeta!), wanted.dbeta, 1e-4)

        const y = x.map((value) => value / 50)
        const [, , ds] = run(all, "softmaxGrad", [rows, width], place(dy, y, empty()), [width])
        close(ds!, softmaxGrad(dy, y, width), 1e-5)

        const values = x.map((z) => (z * (1 + erf(z / Math.SQRT2))) / 2)
        const [, , , dg] = run(all, "geluGrad", [rows * width, 1], place(dy, x, values, empty()), [])
        const slopes = [...x].map((z, i) => dy[i]! * geluSlope(z))
        close(dg!, slopes, 1e-6)
      }
    }
  })
}

test.skipIf(!linux)(
  "rows are summed by their ids, those outside left out, in place and into memory elsewhere",
  async () => {
    using all = await started(3)
    const [count, segments, width] = [200, 1000, 18]
    const x = waveValues(count * width, 1)
    const ids = Int32Array.from({ length: count }, (_, i) => ((i * 37) % 1005) - 2)
    const wanted = new Float32Array(segments * width)
    for (const [i, id] of ids.entries()) {
      if (id < 0 || id >= segments) continue
      for (let c = 0; c < width; c++) wanted[id * width + c]! += x[i * width + c]!
    }
    const bits = new Float32Array(ids.buffer)
    for (const away of [false, true]) {
      const sums = { values: new Float32Array(segments * width).fill(Number.NaN), away }
      const operands = [{ values: x }, { values: bits }, sums]
      expect(run(all, "segmentSum", [segments, width], operands, [count, width])[2]).toEqual(wanted)
    }
    const elsewhere = [{ values: x, away: true }, { values: bits }, { values: wanted }]
    expect(() => run(all, "segmentSum", [segments, width], elsewhere, [count, width])).toThrow("read whole")
    expect(all.vector.holds(all.vector.start)).toBe(true)
    expect(all.vector.holds(all.vector.start + all.vector.bytes)).toBe(false)
  }
)

test("GELU's slope is right where its parts are not ordinary numbers", async () => {
  using all = await started(1)
  const x = Float32Array.of(0, -0, 1e-45, 1e-30, 1e-10, -20, 20, 1e30, -1e30, Number.NaN)
  const y = x.map((z) => (z * (1 + erf(z / Math.SQRT2))) / 2)
  const operands = [x.map(() => 1), x, y, x.map(() => 0)].map((values) => ({ values }))
  const [, , , dx] = run(all, "geluGrad", [x.length, 1], operands, [])
  close(dx!.subarray(0, 9), [0.5, 0.5, 0.5, 0.5, 0.5, 0, 1, 1, 0], 1e-6)
  expect(dx![9]).toBeNaN()
})

const sum = (count: number, term: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => term(i)).reduce((total, value) => total + value, 0)

/** Erf by its series, and for what is left far out. */
const erf = (x: number): number => {
  if (Math.abs(x) > 5) return Math.sign(x)
  let term = x
  let total = 0
  for (let n = 0; n < 150; n++) {
    total += term / (2 * n + 1)
    term *= -(x * x) / (n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * total
}

const geluSlope = (x: number): number =>
  (1 + erf(x / Math.SQRT2)) / 2 + (x * Math.exp(-(x ** 2) / 2)) / Math.sqrt(2 * Math.PI)

const softmaxGrad = (dy: Float32Array, y: Float32Array, width: number): Float64Array =>
  Float64Array.from(dy, (d, i) => {
    const row = i - (i % width)
    return y[i]! * (d - sum(width, (c) => dy[row + c]! * y[row + c]!))
  })

/** In double precision. */
const layerNormGrad = (
  dy: Float32Array,
  x: Float32Array,
  gamma: Float32Array,
  mean: Float32Array,
  rstd: Float32Array
) => {
  const width = gamma.length
  const normal = (i: number) => (x[i]! - mean[Math.floor(i / width)]!) * rstd[Math.floor(i / width)]!
  const rows = mean.length
  const column = (c: number, term: (i: number) => number) => sum(rows, (row) => term(row * width + c))
  const dx = new Float64Array(dy.length)
  for (let row = 0; row < dy.length; row += width) {
    const along = sum(width, (c) => dy[row + c]! * gamma[c]!) / width
    const across = sum(width, (c) => dy[row + c]! * gamma[c]! * normal(row + c)) / width
    for (let c = 0; c < width; c++) {
      dx[row + c] = (dy[row + c]! * gamma[c]! - along - normal(row + c) * across) * rstd[row / width]!
    }
  }
  return {
    dx,
    dgamma: gamma.map((_, c) => column(c, (i) => dy[i]! * normal(i))),
    dbeta: gamma.map((_, c) => column(c, (i) => dy[i]!))
  }
}

test("more jobs than fit into one request are all done", async () => {
  using all = await started(2)
  const jobs = Array.from({ length: 600 }, () => {
    const views = [0, 1, 2, 3].map(() => {
      const address = all.memory.take(16)
      return { address, view: new Float32Array(toArrayBuffer(address as Pointer, 0, 16)).fill(1) }
    })
    return { views, addresses: views.map(({ address }) => address) }
  })
  all.vector.run(jobs.map(({ addresses }) => ({ kernel: "adamw", units: 4, addresses, numbers: adamwNumbers })))
  const first = jobs[0]!.views[0]!.view
  expect(first[0]).not.toBe(1)
  for (const { views } of jobs) expect(views[0]!.view).toEqual(first)
})

test("a dead thread is an error, at once from then on, and not a wait without end", async () => {
  const vector = await VectorThreads.start(2, 0, 50)
  const { memory } = outside()
  const units = 2 ** 14
  const addresses = [0, 1, 2, 3].map(() => memory.take(units * 4))
  const jobs = [{ kernel: "adamw", units, addresses, numbers: adamwNumbers }] as const
  const [second] = vector.workers
  const closed = new Promise((resolve) => second!.addEventListener("close", resolve))
  second!.terminate()
  await closed
  expect(() => vector.run(jobs)).toThrow("A thread of the engine gave no answer for 0.05 s")
  expect(() => vector.run(jobs)).toThrow("threads have ended")
  vector.stop()
})
