import { CFunction, CString, dlopen, type FFITypeOrString, type Pointer, ptr, read } from "bun:ffi"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { messageOf } from "@nuner/core/thrown"
import { EngineError } from "../errors.ts"

/** Version of the function table asked for; the table only ever grows at its end, so any newer library serves it. */
const apiVersion = 17

/**
 * Places in ONNX Runtime's table of functions (`struct OrtApi` in onnxruntime_c_api.h) with their arguments.
 * Where no result is named the function returns an `OrtStatus*`, null on success.
 */
export const slots = {
  GetErrorMessage: [2, ["ptr"], "ptr"],
  CreateSessionFromArray: [8, ["ptr", "ptr", "u64", "ptr", "ptr"]],
  Run: [9, ["ptr", "ptr", "ptr", "ptr", "u64", "ptr", "u64", "ptr"]],
  CreateSessionOptions: [10, ["ptr"]],
  DisableMemPattern: [17, ["ptr"]],
  DisableCpuMemArena: [19, ["ptr"]],
  SetSessionLogSeverityLevel: [22, ["ptr", "i32"]],
  SetSessionGraphOptimizationLevel: [23, ["ptr", "i32"]],
  CreateTensorWithDataAsOrtValue: [49, ["ptr", "ptr", "u64", "ptr", "u64", "i32", "ptr"]],
  CreateCpuMemoryInfo: [69, ["i32", "i32", "ptr"]],
  AllocatorAlloc: [75, ["ptr", "u64", "ptr"]],
  AllocatorFree: [76, ["ptr", "ptr"]],
  GetAllocatorWithDefaultOptions: [78, ["ptr"]],
  ReleaseStatus: [93, ["ptr"], "void"],
  ReleaseSession: [95, ["ptr"], "void"],
  ReleaseValue: [96, ["ptr"], "void"],
  ReleaseSessionOptions: [100, ["ptr"], "void"],
  CreateEnvWithGlobalThreadPools: [119, ["i32", "ptr", "ptr", "ptr"]],
  DisablePerSessionThreads: [120, ["ptr"]],
  CreateThreadingOptions: [121, ["ptr"]],
  AddSessionConfigEntry: [130, ["ptr", "ptr", "ptr"]],
  CreateAllocator: [131, ["ptr", "ptr", "ptr"]],
  ReleaseAllocator: [132, ["ptr"], "void"],
  CreateAndRegisterAllocator: [144, ["ptr", "ptr", "ptr"]],
  SetGlobalIntraOpNumThreads: [147, ["ptr", "i32"]],
  SetGlobalInterOpNumThreads: [148, ["ptr", "i32"]],
  SetGlobalSpinControl: [149, ["ptr", "i32"]],
  CreateArenaCfgV2: [164, ["ptr", "ptr", "u64", "ptr"]],
  AddExternalInitializers: [210, ["ptr", "ptr", "ptr", "u64"]]
} as const satisfies Record<
  string,
  readonly [slot: number, args: ReadonlyArray<FFITypeOrString>, returns?: FFITypeOrString]
>

export type Handle = Pointer

type Call = (...args: Array<Handle | number | null>) => Handle | null

/** ONNX Runtime's C API, bound without its Node add-on: calls are synchronous and outputs are written where we say. */
export interface OrtApi {
  readonly version: string
  /** Calls a function that returns a status; throws EngineError with its message where there is one. */
  call(name: keyof typeof slots, ...args: Array<Handle | number | null>): void
  /** The same for a function whose last argument is an out-pointer; gives what was written there. */
  create(name: keyof typeof slots, ...args: Array<Handle | number | null>): Handle
  /** Calls one of the Release functions, which cannot fail. */
  release(name: Extract<keyof typeof slots, `Release${string}`>, handle: Handle): void
  /** The function itself, for calls too frequent to be looked up by name. Check its status with `check`. */
  raw(name: keyof typeof slots): Call
  check(status: Handle | null): void
}

/** @throws EngineError where the library is missing or cannot be loaded. */
export const openOrtApi = (path: string = libraryPath()): OrtApi => {
  const base = open(path)
  const text = (pointer: Handle | null) => (pointer === null ? "" : new CString(pointer).toString())
  const bind = (address: Handle, args: ReadonlyArray<FFITypeOrString>, returns: FFITypeOrString) =>
    CFunction({ ptr: address, args, returns }) as unknown as Call
  const version = text(bind(read.ptr(base, 8) as Handle, [], "ptr")())
  const table = bind(read.ptr(base, 0) as Handle, ["u32"], "ptr")(apiVersion)
  if (table === null) throw new EngineError(`ONNX Runtime ${version} at ${path} is older than version 1.${apiVersion}`)

  const functions = Object.fromEntries(
    Object.entries(slots).map(
      ([name, [slot, args, returns]]: [
        string,
        readonly [number, ReadonlyArray<FFITypeOrString>, FFITypeOrString?]
      ]) => [name, bind(read.ptr(table, slot * 8) as Handle, args, returns ?? "ptr")]
    )
  ) as Record<keyof typeof slots, Call>

  const check = (status: Handle | null) => {
    if (status === null) return
    const message = text(functions.GetErrorMessage(status))
    functions.ReleaseStatus(status)
    throw new EngineError(`ONNX Runtime: ${message.trim()}`)
  }
  const out = new BigUint64Array(1)
  const outPointer = ptr(out)
  return {
    version,
    check,
    call: (name, ...args) => check(functions[name](...args)),
    create(name, ...args) {
      check(functions[name](...args, outPointer))
      return Number(out[0]) as Handle
    },
    release: (name, handle) => void functions[name](handle),
    raw: (name) => functions[name]
  }
}

const open = (path: string): Handle => {
  try {
    const library = dlopen(path, { OrtGetApiBase: { args: [], returns: "ptr" } })
    return library.symbols.OrtGetApiBase() as Handle
  } catch (error) {
    throw new EngineError(`Cannot load ${path}: ${messageOf(error)}`)
  }
}

const fileNames: Record<string, string> = {
  linux: "libonnxruntime.so.1",
  darwin: "libonnxruntime.1.dylib",
  win32: "onnxruntime.dll"
}

/**
 * The ONNX Runtime library inside the npm package onnxruntime-node (Linux x64 and arm64, macOS arm64, Windows x64 and arm64).
 *
 * @throws EngineError where the package or its library for this platform is missing.
 */
export const libraryPath = (platform: string = process.platform, arch: string = process.arch): string => {
  let packageJson: string
  try {
    packageJson = fileURLToPath(import.meta.resolve("onnxruntime-node/package.json"))
  } catch {
    throw new EngineError("The package onnxruntime-node is missing: run `bun add onnxruntime-node`")
  }
  const fileName = fileNames[platform]
  const path = join(dirname(packageJson), "bin/napi-v6", platform, arch, fileName ?? "")
  if (!fileName || !existsSync(path)) {
    throw new EngineError(`onnxruntime-node has no library for ${platform} ${arch} (looked for ${path})`)
  }
  return path
}
