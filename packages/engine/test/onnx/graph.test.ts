import { beforeAll, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { LruCache } from "../../src/caches.ts"
import { linear, OnnxGraph, tf, useEngine } from "../../src/index.ts"
import { openOrtApi, slots } from "../../src/onnx/OrtApi.ts"

test("constants are written once", () => {
  const graph = new OnnxGraph()
  expect(graph.float(1)).toBe(graph.float(1))
  expect(graph.float(1)).not.toBe(graph.scalar(1, "int32"))
  expect(graph.float(-0)).not.toBe(graph.float(0))
  expect(graph.int64s([1, 2])).not.toBe(graph.int64s([12]))
})

// The table of functions only grows at its end: these places hold for this library and for later ones.
test("the places in ONNX Runtime's table were checked against this version", () => {
  expect(openOrtApi().version).toBe("1.30.0")
  expect(Object.entries(slots).map(([name, [slot]]) => `${slot} ${name}`)).toEqual([
    "2 GetErrorMessage",
    "8 CreateSessionFromArray",
    "9 Run",
    "10 CreateSessionOptions",
    "17 DisableMemPattern",
    "19 DisableCpuMemArena",
    "22 SetSessionLogSeverityLevel",
    "23 SetSessionGraphOptimizationLevel",
    "49 CreateTensorWithDataAsOrtValue",
    "69 CreateCpuMemoryInfo",
    "75 AllocatorAlloc",
    "76 AllocatorFree",
    "78 GetAllocatorWithDefaultOptions",
    "93 ReleaseStatus",
    "95 ReleaseSession",
    "96 ReleaseValue",
    "100 ReleaseSessionOptions",
    "119 CreateEnvWithGlobalThreadPools",
    "120 DisablePerSessionThreads",
    "121 CreateThreadingOptions",
    "130 AddSessionConfigEntry",
    "131 CreateAllocator",
    "132 ReleaseAllocator",
    "144 CreateAndRegisterAllocator",
    "147 SetGlobalIntraOpNumThreads",
    "148 SetGlobalInterOpNumThreads",
    "149 SetGlobalSpinControl",
    "164 CreateArenaCfgV2",
    "210 AddExternalInitializers"
  ])
})

const smaps = "/proc/self/smaps"

beforeAll(() => useEngine({ prefer: "onnx" }))

test("memory outside mappings comes from ONNX Runtime's allocator", () => {
  const api = openOrtApi()
  const allocator = api.create("GetAllocatorWithDefaultOptions")
  const address = api.create("AllocatorAlloc", allocator, 1000)
  expect(address % 64).toBe(0)
  api.call("AllocatorFree", allocator, address)
})

test.skipIf(!existsSync(smaps))("temporaries of kernels are to lie on huge pages", () => {
  // Between the product and the bias stand 16 MiB, which no tensor holds.
  tf.tidy(() => linear(tf.ones([1024, 8]), tf.ones([8, 4096]), tf.ones([4096])))
  const mappings = readFileSync(smaps, "latin1").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
  const kilobytes = (mapping: string, field: string) => Number(new RegExp(`^${field}: +(\\d+)`, "m").exec(mapping)?.[1])
  // The arena begins with 128 MiB, less what is no whole page; the memory of tensors has 4 GiB.
  const arena = mappings.filter((mapping) => {
    const [size, used] = ["Size", "Rss"].map((field) => kilobytes(mapping, field)) as [number, number]
    return size > 2 ** 17 - 2 ** 12 && size < 2 ** 20 && used >= 2 ** 14
  })
  expect(arena.map((mapping) => /^VmFlags:.* hg/m.test(mapping))).toContain(true)
})

test("the cache forgets what was unused for longest", () => {
  const dropped: Array<number> = []
  const cache = new LruCache<number>(2, (value) => dropped.push(value))
  cache.set("a", 1)
  cache.set("b", 2)
  expect(cache.get("a")).toBe(1)
  cache.set("c", 3)
  expect(dropped).toEqual([2])
  expect(cache.get("b")).toBeUndefined()
  cache.clear()
  expect(dropped.sort()).toEqual([1, 2, 3])
})
