import { tf } from "../tf.ts"

/** The engines in the order in which they are tried. */
export const engineNames = ["cuda", "webgpu", "native", "onnx", "wasm", "cpu"] as const

export type EngineName = (typeof engineNames)[number]

/** How matrix products are computed: in float32, or from operands rounded to bfloat16 with sums and results in float32. */
export const precisions = ["fp32", "bf16"] as const

export type Precision = (typeof precisions)[number]

/** One engine that was looked at: what came of it and, where it did not run, what to do about it. */
export interface EngineAttempt {
  readonly name: EngineName
  /** The name that tfjs knows the backend by. */
  readonly backend: string
  readonly works: boolean
  /** What was found: a version where it works, the reason where it does not. */
  readonly detail: string
  /** What to run to get it. */
  readonly remedy?: string | undefined
}

/** Which engine computes, and why. */
export interface EngineReport {
  readonly name: EngineName
  readonly backend: string
  /** One sentence: asked for by option or variable, or the first that works. */
  readonly why: string
  readonly version: string
  /** Threads it computes with; 0 where the engine decides for itself. */
  readonly threads: number
  readonly precision: Precision
  /** What multiplies in bf16: library, version, instructions, path. */
  readonly products?: string | undefined
  /** What would make it faster here, where something would. */
  readonly faster?: string | undefined
  readonly tried: ReadonlyArray<EngineAttempt>
}

/** The report as text for a terminal: what was chosen and why, what was tried, and what to run for a faster one. */
export const describeEngine = ({
  name,
  why,
  version,
  threads,
  precision,
  products,
  faster,
  tried
}: EngineReport): string => {
  const lines = [`engine   ${name}: ${why}`, `version  ${version}`]
  if (threads > 0) lines.push(`threads  ${threads}`)
  lines.push(`products ${precision}${products ? ` on ${products}` : ""}`)
  if (faster) lines.push(`faster   ${faster}`)
  lines.push("tried")
  for (const attempt of tried) {
    lines.push(`  ${attempt.name.padEnd(6)} ${attempt.works ? "works" : "-    "}  ${attempt.detail}`)
    if (attempt.remedy && !attempt.works) lines.push(`${" ".repeat(16)}to get it: ${attempt.remedy}`)
  }
  const slow = [...kernelFallbacks()].sort(([, a], [, b]) => b - a)
  if (slow.length > 0) lines.push("ran on tfjs-cpu instead", ...slow.map(([kernel, calls]) => `  ${calls} x ${kernel}`))
  return lines.join("\n")
}

/**
 * Kernels that the onnx engine left to tfjs-cpu so far: how often each ran, by name and operand types, as in `Sum(bool)`.
 * Empty for the other engines, which have no fallback.
 */
export const kernelFallbacks = (): ReadonlyMap<string, number> => {
  const backend = tf.findBackend("onnx") as { readonly fallback?: { readonly calls: Map<string, number> } } | null
  return backend?.fallback?.calls ?? new Map()
}
