import { availableParallelism } from "node:os"
import { EngineError } from "../errors.ts"
import type { GraphModel, GraphSession, OpenGraph } from "../graph/GraphSession.ts"
import { tf } from "../tf.ts"
import {
  type EngineAttempt,
  type EngineName,
  type EngineReport,
  engineNames,
  type Precision,
  precisions
} from "./EngineReport.ts"
import { engines, type Loaded } from "./engines.ts"
import { selfCheck } from "./selfCheck.ts"

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
  const chosen = before.then((previous) => {
    if (previous === undefined) return choose(options)
    const { prefer = previous.name, precision = previous.precision, threads = startedWith } = options
    if (threads !== startedWith) {
      const remedy = "it is set once a process: by its first useEngine, or by NUNER_THREADS"
      throw new EngineError(`threads is ${threads}, this process computes with ${startedWith}; ${remedy}`)
    }
    const stays = prefer === previous.name && precision === previous.precision
    return stays ? previous : choose({ ...options, prefer })
  })
  // What is refused changes nothing.
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
      refuse((error instanceof Error ? error.message : String(error)).split("\n")[0]!, remedy)
      continue
    }
    startedWith = count
    // Whoever asks for a precision is not served by another engine without it: what it lacks is thrown.
    const products = setPrecision?.(precision)
    tried.push({ name, backend, works: true, detail: found.version })
    openGraph = precision === "fp32" ? await graphs?.(count).catch(() => undefined) : undefined
    const why = asked === undefined ? "the first that works here" : "asked for"
    return { name, backend, why, ...found, precision, products, tried }
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
