import { dlopen, ptr } from "bun:ffi"
import { readFileSync } from "node:fs"
import { compileKernels } from "./kernels.ts"

const page = 2 ** 16
/** All that a 32-bit address reaches. */
const most = 2 ** 32
const readWrite = 3

/**
 * A WebAssembly memory of at least `least` bytes, and how many bytes from its first one on kernels reach: on Linux `room` more than `least`, up to 4 GiB in all.
 *
 * JavaScriptCore reserves all addresses that a shared memory may ever grow to, protects those that are not part of it yet, and lets compiled
 * code go there unchecked. They are opened here, and not by growing: all that a memory has grown to counts as used memory, and with 4 GiB of it the
 * garbage of a whole training run would lie around uncollected. Where anything of this is otherwise, the memory is as large as it says.
 */
export const vectorMemory = (least: number, room: number): { memory: WebAssembly.Memory; bytes: number } => {
  const bytes = Math.ceil(least / page) * page
  const memory = new WebAssembly.Memory({ initial: bytes / page, maximum: most / page, shared: true })
  const start = ptr(new Uint8Array(memory.buffer))
  const wanted = Math.min(bytes + room, most)
  const opened = process.platform === "linux" && wanted > bytes && open(start + bytes, start + wanted)
  return { memory, bytes: opened && reaches(memory, wanted) ? wanted : bytes }
}

const open = (start: number, end: number): boolean => {
  if (!isReserved(start, end)) return false
  const { mprotect } = dlopen("libc.so.6", { mprotect: { args: ["u64", "u64", "i32"], returns: "i32" } }).symbols
  return mprotect(start, end - start, readWrite) === 0
}

/** Whether these addresses belong to one mapping that nothing may read or write. */
const isReserved = (start: number, end: number): boolean =>
  readFileSync("/proc/self/maps", "latin1")
    .split("\n")
    .some((line) => {
      const [, from, to, rights] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? []
      return rights === "---p" && Number.parseInt(from!, 16) <= start && Number.parseInt(to!, 16) >= end
    })

/** Whether a kernel reads and writes the last of so many bytes, zeros. */
const reaches = (memory: WebAssembly.Memory, bytes: number): boolean => {
  const last = bytes - 16
  try {
    compileKernels(memory).softmaxGrad(0, 1, last, last, last, 4)
    return true
  } catch {
    return false
  }
}
