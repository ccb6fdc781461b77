import { dlopen, type Pointer, ptr, read } from "bun:ffi"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { messageOf } from "@nuner/core/thrown"
import { EngineError } from "../../errors.ts"
import type { Handle } from "../OrtApi.ts"

/** Functions that versions 2 and 3 share. All but the first two return a status, 0 on success. */
const common = {
  dnnl_version: { args: [], returns: "ptr" },
  dnnl_get_effective_cpu_isa: { args: [], returns: "i32" },
  dnnl_engine_create: { args: ["ptr", "i32", "u64"], returns: "i32" },
  dnnl_stream_create: { args: ["ptr", "ptr", "u32"], returns: "i32" },
  dnnl_set_primitive_cache_capacity: { args: ["i32"], returns: "i32" },
  dnnl_reorder_primitive_desc_create: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  dnnl_primitive_desc_query: { args: ["ptr", "i32", "i32", "ptr"], returns: "i32" },
  dnnl_primitive_desc_destroy: { args: ["ptr"], returns: "i32" },
  dnnl_primitive_create: { args: ["ptr", "ptr"], returns: "i32" },
  dnnl_primitive_execute: { args: ["ptr", "ptr", "i32", "ptr"], returns: "i32" },
  dnnl_primitive_destroy: { args: ["ptr"], returns: "i32" },
  dnnl_memory_create: { args: ["ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  dnnl_memory_set_data_handle: { args: ["ptr", "ptr"], returns: "i32" },
  dnnl_memory_destroy: { args: ["ptr"], returns: "i32" }
} as const

type Symbols = ReturnType<typeof dlopen<typeof common>>["symbols"]

/** oneDNN's C API with an engine and a stream on the processor. One exists a process and lives as long. */
export interface OneDnnLibrary {
  readonly path: string
  readonly version: string
  /** The widest instructions that the library uses here, as in `avx512_core_bf16`. */
  readonly instructions: string
  readonly symbols: Symbols
  readonly descriptors: DescriptorApi
  readonly engine: Handle
  readonly stream: Handle
  /** Throws EngineError where a status is not success. */
  check(status: number, what: string): void
  /** Calls a function whose first argument is an out-pointer and gives what was written there. */
  create(what: string, call: (out: Pointer) => number): Handle
}

const statuses = ["success", "out of memory", "invalid arguments", "unimplemented", "iterator ends", "runtime error"]
const bf16Instructions = 0xe7
/** Bits that stand for a set of instructions, widest first, alike in versions 2 and 3 up to the first two. */
const instructionSets = [
  [0x3e7, 2, "avx512_core_amx"],
  [0xfef, 3, "avx10_1_512_amx"],
  [bf16Instructions, 0, "avx512_core_bf16"]
] as const

const opened = new Map<string, OneDnnLibrary>()

/**
 * Opens oneDNN 2.x or 3.x, with as many threads as the engine has.
 *
 * @throws EngineError where it is missing, of another version, or has no bf16 instructions to use on this processor.
 */
export const openOneDnn = (threads: number, path: string = findOneDnn()): OneDnnLibrary => {
  let library = opened.get(path)
  if (library === undefined) {
    library = open(path)
    opened.set(path, library)
  }
  limitOpenMp(threads)
  return library
}

const open = (path: string): OneDnnLibrary => {
  quietOpenMp()
  const symbols = load(path, common)
  const table = symbols.dnnl_version() as Pointer
  const [major, minor, patch] = [0, 4, 8].map((offset) => read.i32(table, offset)) as [number, number, number]
  const version = `${major}.${minor}.${patch}`
  if (major !== 2 && major !== 3) {
    throw new EngineError(`oneDNN ${version} at ${path} is neither version 2 nor 3; needed is ${remedy}`)
  }
  const bits = symbols.dnnl_get_effective_cpu_isa()
  if ((bits & bf16Instructions) !== bf16Instructions) {
    throw new EngineError(`this processor has no bf16 instructions (avx512_bf16 or AMX), so bf16 would only be slower`)
  }
  const [, , instructions] = instructionSets.find(
    ([set, only]) => (bits & set) === set && (only === 0 || only === major)
  )!
  const check = (status: number, what: string) => {
    if (status !== 0) throw new EngineError(`oneDNN ${version}: ${what}: ${statuses[status] ?? `status ${status}`}`)
  }
  const out = new BigUint64Array(1)
  const create = (what: string, call: (out: Pointer) => number) => {
    check(call(ptr(out)), what)
    return Number(out[0]) as Handle
  }
  // We keep primitives ourselves, and what we let go should be gone.
  check(symbols.dnnl_set_primitive_cache_capacity(0), "primitive cache")
  const [processor, inOrder] = [1, 1]
  const engine = create("engine", (out) => symbols.dnnl_engine_create(out, processor, 0))
  const stream = create("stream", (out) => symbols.dnnl_stream_create(out, engine, inOrder))
  const descriptors = (major === 2 ? version2 : version3)(path, engine)
  return { path, version, instructions, symbols, descriptors, engine, stream, check, create }
}

/** Where distributions put it; LD_LIBRARY_PATH goes before. */
const folders = ["/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"]

/** What to run to get the library. */
const remedy =
  "`apt install libdnnl2` (Debian 12, Ubuntu 22.04; libdnnl3.6 on Debian 13), or set NUNER_ONEDNN to the path of libdnnl.so"

/**
 * The oneDNN library: the file that NUNER_ONEDNN names, else the newest `libdnnl.so.<2 or 3>` on the library path.
 *
 * @throws EngineError where there is none, or where the system is not Linux on x64.
 */
export const findOneDnn = (
  environment: Record<string, string | undefined> = process.env,
  system: string = `${process.platform} ${process.arch}`
): string => {
  if (system !== "linux x64") throw new EngineError(`bf16 runs on Linux x64 only, not on ${system}`)
  if (environment.NUNER_ONEDNN) return environment.NUNER_ONEDNN
  const searched = [...(environment.LD_LIBRARY_PATH ?? "").split(":").filter((folder) => folder !== ""), ...folders]
  for (const folder of searched) {
    const [newest] = files(folder)
      .filter((name) => /^libdnnl\.so\.[23](\.\d+)*$/.test(name))
      .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
    if (newest !== undefined) return join(folder, newest)
  }
  throw new EngineError(`bf16 needs the library oneDNN, which is not here: ${remedy}`)
}

const files = (folder: string): Array<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Binds functions of a library. @throws EngineError where it or one of them is missing. */
const load = <S extends Parameters<typeof dlopen>[1]>(path: string, functions: S) => {
  try {
    return dlopen(path, functions).symbols
  } catch (error) {
    const reason = messageOf(error)
    throw new EngineError(`Cannot load oneDNN from ${path}: ${reason}; ${remedy}`)
  }
}

/**
 * Tells OpenMP, before it is loaded, that its threads shall sleep between products: beside ONNX Runtime's threads, which spin,
 * theirs would take processors from each other. A choice of the user's (OMP_WAIT_POLICY) stands.
 */
const quietOpenMp = (): void => {
  const { setenv } = dlopen("libc.so.6", { setenv: { args: ["ptr", "ptr", "i32"], returns: "i32" } }).symbols
  setenv(Buffer.from("OMP_WAIT_POLICY\0"), Buffer.from("passive\0"), 0)
}

/** Sets the number of threads of every OpenMP library in this process; oneDNN brings the one that it was linked with. */
const limitOpenMp = (threads: number): void => {
  const maps = readFileSync("/proc/self/maps", "utf8")
  const paths = new Set(maps.match(/\/\S*\/lib(?:gomp|iomp5|omp)[.-]\S*/g) ?? [])
  for (const path of paths) {
    const { omp_set_num_threads } = dlopen(path, { omp_set_num_threads: { args: ["i32"], returns: "void" } }).symbols
    omp_set_num_threads(threads)
  }
}

/** Whether the processor says that it has bf16 instructions (Linux on x64; elsewhere nothing here would use them). */
export const hasBf16 = (): boolean => {
  if (process.platform !== "linux" || process.arch !== "x64") return false
  try {
    return /\b(avx512_bf16|amx_bf16)\b/.test(readFileSync("/proc/cpuinfo", "utf8"))
  } catch {
    return false
  }
}

/** How numbers lie in memory: `strides` counts elements from one index of an axis to the next. */
export interface Layout {
  readonly dims: ReadonlyArray<number>
  readonly strides: ReadonlyArray<number>
  readonly type: "bf16" | "f32"
}

/** A layout as the library knows it. */
export interface LayoutHandle {
  readonly pointer: Handle
  /** Version 2 keeps the description in memory of ours. */
  readonly memory?: Uint8Array
  release(): void
}

/** What versions 2 and 3 do differently. Functions return the library's status, 0 on success. */
interface DescriptorApi {
  layout(layout: Layout, check: (status: number) => void): LayoutHandle
  /** Writes the descriptor of the product `out = a b + bias` to the out-pointer. */
  matMul(out: Pointer, a: Handle, b: Handle, bias: Handle | null, result: Handle): number
  /** Writes the descriptor of GELU (with erf), which its gradient is described by, to the out-pointer. */
  gelu(out: Pointer, layout: Handle): number
  /** Writes the descriptor of GELU's gradient to the out-pointer; x, dy and dx have one layout. */
  geluGradient(out: Pointer, layout: Handle, gelu: Handle): number
}

const types = { bf16: 2, f32: 3 } as const
const forwardTraining = 64

/** Version 2: layouts and operations are structures that the caller holds. */
const version2 = (path: string, engine: Handle): DescriptorApi => {
  const api = load(path, {
    dnnl_memory_desc_init_by_strides: { args: ["ptr", "i32", "ptr", "i32", "ptr"], returns: "i32" },
    dnnl_matmul_desc_init: { args: ["ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
    dnnl_eltwise_forward_desc_init: { args: ["ptr", "i32", "i32", "ptr", "f32", "f32"], returns: "i32" },
    dnnl_eltwise_backward_desc_init: { args: ["ptr", "i32", "ptr", "ptr", "f32", "f32"], returns: "i32" },
    dnnl_primitive_desc_create: { args: ["ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" }
  })
  // dnnl_memory_desc_t has 696 bytes, dnnl_matmul_desc_t 2,800 in version 2.6; some more for later ones.
  const [layoutBytes, operationBytes] = [1024, 8192]
  const geluErf = 0x30
  const create = (out: Pointer, init: (operation: Uint8Array) => number, forward: Handle | null = null) => {
    const operation = new Uint8Array(operationBytes)
    const status = init(operation)
    return status === 0 ? api.dnnl_primitive_desc_create(out, operation, null, engine, forward) : status
  }
  return {
    layout({ dims, strides, type }, check) {
      const memory = new Uint8Array(layoutBytes)
      const pointer = ptr(memory)
      check(api.dnnl_memory_desc_init_by_strides(pointer, dims.length, int64s(dims), types[type], int64s(strides)))
      return { pointer, memory, release() {} }
    },
    matMul: (out, a, b, bias, result) => create(out, (op) => api.dnnl_matmul_desc_init(op, a, b, bias, result)),
    gelu: (out, layout) =>
      create(out, (op) => api.dnnl_eltwise_forward_desc_init(op, forwardTraining, geluErf, layout, 0, 0)),
    geluGradient: (out, layout, gelu) =>
      create(out, (op) => api.dnnl_eltwise_backward_desc_init(op, geluErf, layout, layout, 0, 0), gelu)
  }
}

/** Version 3: layouts are handles that must be released. */
const version3 = (path: string, engine: Handle): DescriptorApi => {
  const api = load(path, {
    dnnl_memory_desc_create_with_strides: { args: ["ptr", "i32", "ptr", "i32", "ptr"], returns: "i32" },
    dnnl_memory_desc_destroy: { args: ["ptr"], returns: "i32" },
    dnnl_matmul_primitive_desc_create: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
    dnnl_eltwise_forward_primitive_desc_create: {
      args: ["ptr", "ptr", "i32", "i32", "ptr", "ptr", "f32", "f32", "ptr"],
      returns: "i32"
    },
    dnnl_eltwise_backward_primitive_desc_create: {
      args: ["ptr", "ptr", "i32", "ptr", "ptr", "ptr", "f32", "f32", "ptr", "ptr"],
      returns: "i32"
    }
  })
  const geluErf = 0x31
  return {
    layout({ dims, strides, type }, check) {
      const out = new BigUint64Array(1)
      check(api.dnnl_memory_desc_create_with_strides(out, dims.length, int64s(dims), types[type], int64s(strides)))
      const pointer = Number(out[0]) as Handle
      return { pointer, release: () => void api.dnnl_memory_desc_destroy(pointer) }
    },
    matMul: (out, a, b, bias, result) => api.dnnl_matmul_primitive_desc_create(out, engine, a, b, bias, result, null),
    gelu: (out, x) =>
      api.dnnl_eltwise_forward_primitive_desc_create(out, engine, forwardTraining, geluErf, x, x, 0, 0, null),
    geluGradient: (out, x, gelu) =>
      api.dnnl_eltwise_backward_primitive_desc_create(out, engine, geluErf, x, x, x, 0, 0, gelu, null)
  }
}

const int64s = (numbers: ReadonlyArray<number>) => BigInt64Array.from(numbers, BigInt)
