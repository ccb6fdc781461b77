import { availableParallelism } from "node:os"
import { messageOf } from "@nuner/core/thrown"
import { EngineError } from "../errors.ts"
import type { GraphModel, GraphSession, OpenGraph } from "../graph/GraphSession.ts"
import { tf } from "../tf.ts"
import { engines, type Loaded } from "./engines.ts"

/** The engines in the order in which they are tried. */
export const engineNames = ["cuda", "webgpu", "native", "onnx", "wasm", "cpu"] as const

export type EngineName = (typeof engineNames)[number]

/** How matrix products are computed: in float32, or from operands rounded to bfloat16 with sums and results in float32. */
export const precisions = ["fp32", "bf16"] as const

export type Precision = (typeof precisions)[number]

export interface UseEngineOptions {
  /** The engine to take, and no other. Default: the variable NUNER_ENGINE, else the first that works. */
  readonly prefer?: EngineName
  /** Threads to compute with, set once a process. Default: NUNER_THREADS, else the processors this process may use. */
  readonly threads?: number
  /**
   * How matrix products are computed: "bf16" rounds their operands to bfloat16 (onnx engine, Linux x64 with bf16 instructions
   * and the library oneDNN); sums, results and all else stay float32. Default: NUNER_PRECISION, else "fp32".
   */
  readonly precision?: Precision
}

/** The engine's own, beside its report. */
let openGraph: OpenGraph | undefined

/** Threads that ONNX Runtime was, or would be, started with. */
let startedWith: number | undefined

let current: Promise<EngineReport | undefined> = Promise.resolve(undefined)

/**
 * Brings up the tensor engine and says which one it is: cuda, webgpu, native, onnx, wasm or cpu, the first that trains a
 * tiny model to the right numbers. Calling it again gives the same report; asking for another engine or precision switches, and tensors
 * move along as they are used. Another number of threads is refused.
 *
 * @throws EngineError where the engine or precision that was asked for does not work here; the message says what to run.
 */
export const useEngine = (options: UseEngineOptions = {}): Promise<EngineReport> => {
  const before = current
  const chosen = before.then(async (previous) => {
    if (previous === undefined) return choose(options)
    const { prefer = previous.name, precision = previous.precision, threads = startedWith } = options
    if (threads !== startedWith) {
      const remedy = "it is set once a process: by its first useEngine, or by NUNER_THREADS"
      throw new EngineError(`threads is ${threads}, this process computes with ${startedWith}; ${remedy}`)
    }
    const stays = prefer === previous.name && precision === previous.precision
    if (stays) return previous
    const compiling = openGraph
    return choose({ ...options, prefer }).catch(async (refused) => {
      // What is refused changes nothing.
      await tf.setBackend(previous.backend)
      openGraph = compiling
      throw refused
    })
  })
  current = chosen.catch(() => before)
  return chosen
}

/** The precision of matrix products now; "fp32" where nobody called `useEngine`. */
export const currentPrecision = async (): Promise<Precision> => {
  const report = await current
  return report?.precision ?? "fp32"
}

/** Whether the engine compiles whole networks, which read faster than tensors do: in float32, on a processor. */
export const compilesGraphs = async (): Promise<boolean> => {
  await current
  return openGraph !== undefined
}

/**
 * Compiles a network for reading.
 *
 * @throws EngineError where the engine compiles none (`compilesGraphs`); what ONNX Runtime says of a network that it refuses
 */
export const compileGraph = async (model: GraphModel): Promise<GraphSession> => {
  if (!(await compilesGraphs())) throw new EngineError("The engine compiles no networks here: see compilesGraphs")
  return openGraph!(model)
}

const choose = async ({ prefer, threads, ...options }: UseEngineOptions): Promise<EngineReport> => {
  const asked = oneOf(engineNames, prefer, "prefer") ?? oneOf(engineNames, process.env.NUNER_ENGINE, "NUNER_ENGINE")
  const precision =
    oneOf(precisions, options.precision, "precision") ??
    oneOf(precisions, process.env.NUNER_PRECISION, "NUNER_PRECISION") ??
    "fp32"
  const count = threads ?? startedWith ?? Number(process.env.NUNER_THREADS || availableParallelism())
  if (!Number.isInteger(count) || count < 1) {
    const given = threads === undefined ? `NUNER_THREADS is "${process.env.NUNER_THREADS}"` : `threads is ${threads}`
    throw new EngineError(`${given}; it must be a whole number above 0`)
  }
  const tried: Array<EngineAttempt> = []
  for (const { name, backend, remedy, unproven, load, setPrecision, graphs } of engines) {
    if (asked !== undefined && name !== asked) continue
    const refuse = (detail: string, remedy?: string) => tried.push({ name, backend, works: false, detail, remedy })
    const unsure = asked === undefined ? unproven?.() : undefined
    if (unsure !== undefined) {
      refuse(unsure)
      continue
    }
    if (precision !== "fp32" && setPrecision === undefined) {
      refuse(`computes in fp32 only, not in ${precision}`)
      continue
    }
    let found: Omit<Loaded, "doubt">
    try {
      const { doubt, ...loaded } = await load(count, precision)
      if (doubt !== undefined && asked === undefined) {
        refuse(doubt)
        continue
      }
      found = loaded
      await tf.setBackend(backend)
      await tf.ready()
      selfCheck()
    } catch (error) {
      refuse(messageOf(error).split("\n")[0]!, remedy)
      continue
    }
    startedWith = count
    // Whoever asks for a precision is not served by another engine without it: what it lacks is thrown.
    const products = setPrecision?.(precision)
    tried.push({ name, backend, works: true, detail: found.version })
    let { faster } = found
    openGraph = undefined
    if (precision === "fp32") {
      openGraph = await graphs?.(count).catch((error: unknown) => {
        faster ??= `onnxruntime-node, which compiles what reads; it does not load here: ${messageOf(error).split("\n")[0]}`
        return undefined
      })
    }
    const why = asked === undefined ? "the first that works here" : "asked for"
    return { name, backend, why, ...found, faster, precision, products, tried }
  }
  const reasons = tried.map(({ name, detail, remedy }) => `${name}: ${detail}${remedy ? `; run: ${remedy}` : ""}`)
  throw new EngineError(`No engine works here. ${reasons.join(". ")}`)
}

const oneOf = <A extends string>(known: ReadonlyArray<A>, value: string | undefined, source: string): A | undefined => {
  if (!value) return undefined
  const found = known.find((one) => one === value)
  if (!found) throw new EngineError(`${source} is "${value}"; it must be one of ${known.join(", ")}`)
  return found
}

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

/** The model that `selfCheck` trains. */
const ids = [2, 0, 2]
const table = [0.5, -1, 0.25, 2, -0.75, 1.5]
const kernel = [0.3, -0.2, 0.7, 0.1]

/**
 * Trains one step of a tiny model on the current backend and compares loss and gradients with plain arithmetic:
 * `mean(tanh(gather(table, ids) . kernel) ^ 2)`, with a repeated row so that the embedding gradient must add up.
 *
 * @throws EngineError where a number is off, or whatever the backend throws.
 */
const selfCheck = (): void => {
  const want = reference()
  const got = tf.tidy(() => {
    const t = tf.tensor2d(table, [3, 2])
    const k = tf.tensor2d(kernel, [2, 2])
    const rows = tf.tensor1d(ids, "int32")
    const loss = (t: tf.Tensor2D, k: tf.Tensor2D) => tf.mean(tf.square(tf.tanh(tf.matMul(tf.gather(t, rows), k))))
    const { value, grads } = tf.valueAndGrads((t: tf.Tensor, k: tf.Tensor) => loss(t as tf.Tensor2D, k as tf.Tensor2D))(
      [t, k]
    )
    return [...value.dataSync(), ...(grads[0]?.dataSync() ?? []), ...(grads[1]?.dataSync() ?? [])]
  })
  for (const [i, expected] of want.entries()) {
    const actual = got[i] ?? Number.NaN
    if (!(Math.abs(actual - expected) < 1e-4)) {
      throw new EngineError(`self-check: number ${i} of loss and gradients is ${actual}, not ${expected}`)
    }
  }
}

/** Loss, d loss / d table, d loss / d kernel in double precision. */
const reference = (): Array<number> => {
  const dTable = table.map(() => 0)
  const dKernel = kernel.map(() => 0)
  let loss = 0
  for (const row of ids) {
    for (let c = 0; c < 2; c++) {
      let z = 0
      for (let h = 0; h < 2; h++) z += table[row * 2 + h]! * kernel[h * 2 + c]!
      const y = Math.tanh(z)
      loss += (y * y) / 6
      const dz = ((2 * y) / 6) * (1 - y * y)
      for (let h = 0; h < 2; h++) {
        dTable[row * 2 + h]! += dz * kernel[h * 2 + c]!
        dKernel[h * 2 + c]! += dz * table[row * 2 + h]!
      }
    }
  }
  return [loss, ...dTable, ...dKernel]
}
