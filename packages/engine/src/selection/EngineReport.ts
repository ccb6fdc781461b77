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
  readonly remedy?: string
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
  readonly products?: string
  /** What would make it faster here, where something would. */
  readonly faster?: string
  readonly tried: ReadonlyArray<EngineAttempt>
}
