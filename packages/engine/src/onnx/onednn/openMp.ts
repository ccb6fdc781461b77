import { dlopen } from "bun:ffi"
import { readFileSync } from "node:fs"

/**
 * Tells OpenMP, before it is loaded, that its threads shall sleep between products: beside ONNX Runtime's threads, which spin,
 * theirs would take processors from each other. A choice of the user's (OMP_WAIT_POLICY) stands.
 */
export function quietOpenMp(): void {
  const { setenv } = dlopen("libc.so.6", { setenv: { args: ["ptr", "ptr", "i32"], returns: "i32" } }).symbols
  setenv(Buffer.from("OMP_WAIT_POLICY\0"), Buffer.from("passive\0"), 0)
}

/** Sets the number of threads of every OpenMP library in this process; oneDNN brings the one that it was linked with. */
export function limitOpenMp(threads: number): void {
  const maps = readFileSync("/proc/self/maps", "utf8")
  const paths = new Set(maps.match(/\/\S*\/lib(?:gomp|iomp5|omp)[.-]\S*/g) ?? [])
  for (const path of paths) {
    const { omp_set_num_threads } = dlopen(path, { omp_set_num_threads: { args: ["i32"], returns: "void" } }).symbols
    omp_set_num_threads(threads)
  }
}
