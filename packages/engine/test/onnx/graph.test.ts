import { beforeAll, expect, test } from "bun:test"
import { LruCache } from "../../src/caches.ts"
import { OnnxGraph, useEngine } from "../../src/index.ts"
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
    "144 CreateAndRegisterAllocator",
    "147 SetGlobalIntraOpNumThreads",
    "148 SetGlobalInterOpNumThreads",
    "149 SetGlobalSpinControl",
    "210 AddExternalInitializers"
  ])
})

beforeAll(() => useEngine({ prefer: "onnx" }))

test("memory outside mappings comes from ONNX Runtime's allocator", () => {
  const api = openOrtApi()
  const allocator = api.create("GetAllocatorWithDefaultOptions")
  const address = api.create("AllocatorAlloc", allocator, 1000)
  expect(address % 64).toBe(0)
  api.call("AllocatorFree", allocator, address)
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
