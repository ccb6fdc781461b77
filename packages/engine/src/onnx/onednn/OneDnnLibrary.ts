import { CString, dlopen, type Pointer, ptr, read } from "bun:ffi"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { EngineError } from "../../errors.ts"
import type { Handle } from "../OrtApi.ts"
import { type DescriptorApi, descriptorApi } from "./Primitive.ts"

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
  const descriptors = descriptorApi(major, path, engine)
  return { path, version, instructions, symbols, descriptors, engine, stream, check, create }
}

/** The name of the implementation behind a primitive descriptor, as in `brg:avx512_core_bf16`. */
export const implementation = ({ symbols, create }: OneDnnLibrary, descriptor: Handle): string => {
  const query = 8
  const text = create("implementation", (out) => symbols.dnnl_primitive_desc_query(descriptor, query, 0, out))
  return new CString(text).toString()
}

/** Where distributions put it; LD_LIBRARY_PATH goes before. */
const folders = ["/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"]

/** What to run to get the library. */
export const remedy =
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
export const load = <S extends Parameters<typeof dlopen>[1]>(path: string, functions: S) => {
  try {
    return dlopen(path, functions).symbols
  } catch (error) {
    const reason = error instanceof Error ? error.message : error
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
