import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { tf, useEngine } from "../../../src/index.ts"
import { findOneDnn, openOneDnn } from "../../../src/onnx/onednn/OneDnnLibrary.ts"
import { Primitive } from "../../../src/onnx/onednn/Primitive.ts"
import { backend, bf16Test, products, report } from "./bf16.ts"

beforeAll(async () => {
  if (report) await useEngine({ prefer: "onnx", precision: "bf16" })
})
afterAll(async () => void (await useEngine({ prefer: "onnx", precision: "fp32" })))

const matrix = (rows: number, columns: number, type: "bf16" | "f32") =>
  ({ dims: [rows, columns], strides: [columns, 1], type }) as const

bf16Test("shapes that do not fit, and use after dispose, are errors that leave nothing behind", () => {
  const before = { tensors: tf.memory().numTensors, inUse: backend().pool.statistics.inUse }
  tf.tidy(() => {
    const [a, b] = [tf.ones([64, 96]), tf.ones([64, 96])]
    const run = () => tf.engine().runKernel("BatchMatMul", { a, b }, { transposeA: false, transposeB: false })
    expect(run).toThrow("BatchMatMul(float32[64,96], float32[64,96]): inner extents 96 and 64 differ")
  })
  const gone = tf.ones([64, 64])
  const exposed = { dataId: gone.dataId, shape: gone.shape, dtype: gone.dtype }
  gone.dispose()
  const other = tf.ones([64, 64])
  const attributes = { transposeA: false, transposeB: false }
  for (const [a, b] of [
    [exposed, other],
    [other, exposed]
  ] as const) {
    expect(() => products().run(a, b, attributes)).toThrow("A tensor was used after it was disposed")
  }
  expect(() => tf.engine().runKernel("BatchMatMul", { a: gone, b: other }, attributes)).toThrow(
    "BatchMatMul(float32[64,64], float32[64,64]): A tensor was used after it was disposed"
  )
  other.dispose()
  expect({ tensors: tf.memory().numTensors, inUse: backend().pool.statistics.inUse }).toEqual(before)
})

bf16Test("what oneDNN refuses is an error with its reason; a released primitive does not run", () => {
  const { library } = products()
  expect(() => Primitive.matMul(library, matrix(4, 5, "bf16"), matrix(6, 7, "bf16"), matrix(4, 7, "f32"))).toThrow(
    /^oneDNN [23]\.\d+\.\d+: product: (invalid arguments|unimplemented)$/
  )
  expect(() => Primitive.reorder(library, matrix(-1, 5, "f32"), matrix(4, 5, "bf16"))).toThrow("invalid arguments")
  const apart = { dims: [64, 64], strides: [128, 2], type: "bf16" } as const
  expect(() => Primitive.matMul(library, apart, apart, matrix(64, 64, "f32"))).toThrow(
    /has only slow code \(ref:?.*\) for product$/
  )
  const rounding = Primitive.reorder(library, matrix(4, 4, "f32"), matrix(4, 4, "bf16"))
  rounding.release()
  rounding.release()
  expect(() => rounding.run(0, 0)).toThrow("This product was released")
})

bf16Test("compiled products are bounded, and given back with the engine's memory", () => {
  const shapes = 300
  tf.tidy(() => {
    const b = tf.ones([64, 64]) as tf.Tensor2D
    for (let rows = 64; rows < 64 + shapes; rows++) tf.dispose(tf.matMul(tf.ones([rows, 64]), b))
  })
  expect(products().compiled).toEqual({ products: 256, roundings: 256 })
  backend().dispose()
  expect(products().compiled).toEqual({ products: 0, roundings: 0 })
  const again = tf.tidy(() => tf.sum(tf.matMul(tf.ones([64, 64]), tf.ones([64, 64]))).dataSync()[0])
  expect(again).toBe(64 ** 3)
})

bf16Test("fp32 comes back when it is asked for", async () => {
  const product = () => tf.tidy(() => tf.matMul(tf.fill([64, 64], 1 / 3), tf.eye(64) as tf.Tensor2D).dataSync()[0]!)
  expect(product()).not.toBe(Math.fround(1 / 3))
  const fp32 = await useEngine({ precision: "fp32" })
  expect([fp32.precision, fp32.products, product()]).toEqual(["fp32", undefined, Math.fround(1 / 3)])
  const bf16 = await useEngine({ precision: "bf16" })
  expect(bf16.faster).toBeUndefined()
  expect(fp32.faster).toStartWith("NUNER_PRECISION=bf16")
  expect(bf16.products).toMatch(/^oneDNN [23]\.\d+\.\d+ \(.*libdnnl.*\) with avx/)
  expect((await useEngine()).precision).toBe("bf16")
})

test("without the library the remedy is named", () => {
  expect(() => findOneDnn({}, "darwin arm64")).toThrow("bf16 runs on Linux x64 only, not on darwin arm64")
  expect(findOneDnn({ NUNER_ONEDNN: "/some/libdnnl.so" }, "linux x64")).toBe("/some/libdnnl.so")
})

test("the newest of several libraries is taken, the library path before the system's", () => {
  const folder = mkdtempSync(join(tmpdir(), "onednn-"))
  for (const name of [
    "libdnnl.so.2",
    "libdnnl.so.2.6",
    "libdnnl.so.3.6",
    "libdnnl.so.3.10",
    "libdnnl.so.4",
    "libdnnl.a"
  ]) {
    writeFileSync(join(folder, name), "")
  }
  expect(findOneDnn({ LD_LIBRARY_PATH: `/nowhere:${folder}` }, "linux x64")).toBe(join(folder, "libdnnl.so.3.10"))
  rmSync(folder, { recursive: true })
})

const onLinux = test.skipIf(process.platform !== "linux" || process.arch !== "x64")

onLinux("a library that is missing, or another one, is an error", () => {
  expect(() => openOneDnn(1, "/nowhere/libdnnl.so.2")).toThrow("Cannot load oneDNN from /nowhere/libdnnl.so.2")
  expect(() => openOneDnn(1, "libc.so.6")).toThrow("Cannot load oneDNN from libc.so.6")
})

/** Brings the engine up in a process of its own; gives what it printed or threw. */
const inProcess = async (environment: Record<string, string>): Promise<string> => {
  const source = join(import.meta.dir, "../../../src/index.ts")
  const code = `import { describeEngine, useEngine } from ${JSON.stringify(source)}
    console.log(await useEngine().then(describeEngine, (error) => error.name + ": " + error.message))`
  const env = { ...process.env, NUNER_ENGINE: "", ...environment }
  const child = Bun.spawn([process.execPath, "-e", code], { env, stdout: "pipe", stderr: "pipe" })
  return (await new Response(child.stdout).text()).trim()
}

onLinux("asked for by the variable, it runs or says why not; nothing else would do", async () => {
  const output = await inProcess({ NUNER_PRECISION: "bf16", NUNER_ONEDNN: "/nowhere/libdnnl.so" })
  expect(output).toStartWith("EngineError: Cannot load oneDNN from /nowhere/libdnnl.so")
  expect(output).toContain("apt install libdnnl2")
  if (report) expect(await inProcess({ NUNER_PRECISION: "bf16" })).toContain("products bf16 on oneDNN")
})

bf16Test("a processor without bf16 instructions is refused", async () => {
  // oneDNN's own variable keeps it from using what this processor has.
  expect(await inProcess({ NUNER_PRECISION: "bf16", ONEDNN_MAX_CPU_ISA: "AVX512_CORE" })).toBe(
    "EngineError: this processor has no bf16 instructions (avx512_bf16 or AMX), so bf16 would only be slower"
  )
})

test("engines without bf16 refuse it, and a misspelt precision is refused by name", async () => {
  for (const engine of ["cpu", "wasm"]) {
    const output = await inProcess({ NUNER_PRECISION: "bf16", NUNER_ENGINE: engine })
    expect(output).toBe(`EngineError: No engine works here. ${engine}: computes in fp32 only, not in bf16`)
  }
  expect(await inProcess({ NUNER_PRECISION: "fp16" })).toBe(
    'EngineError: NUNER_PRECISION is "fp16"; it must be one of fp32, bf16'
  )
  expect(await inProcess({ NUNER_ENGINE: "cpu" })).toContain("products fp32\n")
})
