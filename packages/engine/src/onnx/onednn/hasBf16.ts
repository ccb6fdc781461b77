import { readFileSync } from "node:fs"

/** Whether the processor says that it has bf16 instructions (Linux on x64; elsewhere nothing here would use them). */
export function hasBf16(): boolean {
  if (process.platform !== "linux" || process.arch !== "x64") return false
  try {
    return /\b(avx512_bf16|amx_bf16)\b/.test(readFileSync("/proc/cpuinfo", "utf8"))
  } catch {
    return false
  }
}
