import { availableParallelism } from "node:os"
import { EngineError } from "../EngineError.ts"
import { tf } from "../tf.ts"
import { candidates } from "./candidates.ts"
import { type EngineAttempt, type EngineName, type EngineReport, engineNames } from "./EngineReport.ts"
import { selfCheck } from "./selfCheck.ts"

export interface UseEngineOptions {
  /** The engine to take, and no other. Default: the variable NUNER_ENGINE, else the first that works. */
  readonly prefer?: EngineName
  /** Threads to compute with. Default: the variable NUNER_THREADS, else the processors this process may use. */
  readonly threads?: number
}

let current: Promise<EngineReport> | undefined

/**
 * Brings up the tensor engine and says which one it is: cuda, native, onnx, wasm or cpu, the first that trains a tiny model
 * to the right numbers. Calling it again gives the same report; asking for another engine switches.
 *
 * @throws EngineError where the engine that was asked for does not work here; the message says what to run.
 */
export async function useEngine(options: UseEngineOptions = {}): Promise<EngineReport> {
  const previous = await current?.catch(() => undefined)
  if (previous && (options.prefer === undefined || options.prefer === previous.name)) return previous
  current = choose(options)
  return current
}

async function choose(options: UseEngineOptions): Promise<EngineReport> {
  const asked = options.prefer ?? fromEnvironment()
  const threads = options.threads ?? (Number(process.env.NUNER_THREADS) || availableParallelism())
  const tried: EngineAttempt[] = []
  for (const candidate of candidates) {
    if (asked !== undefined && candidate.name !== asked) continue
    const { name, backend } = candidate
    try {
      const found = await candidate.load(threads)
      await tf.setBackend(backend)
      await tf.ready()
      selfCheck()
      tried.push({ name, backend, works: true, detail: found.version })
      const why = asked === undefined ? "the first engine that works here" : "asked for"
      return { name, backend, why, version: found.version, threads: found.threads, tried }
    } catch (error) {
      const detail = error instanceof Error ? error.message.split("\n")[0]! : String(error)
      tried.push({ name, backend, works: false, detail, ...(candidate.remedy ? { remedy: candidate.remedy } : {}) })
    }
  }
  const reasons = tried.map(({ name, detail, remedy }) => `${name}: ${detail}${remedy ? ` (${remedy})` : ""}`)
  throw new EngineError(`No engine works here. ${reasons.join("; ")}`)
}

function fromEnvironment(): EngineName | undefined {
  const value = process.env.NUNER_ENGINE
  if (!value) return undefined
  const name = engineNames.find((known) => known === value)
  if (!name) throw new EngineError(`NUNER_ENGINE is "${value}"; it must be one of ${engineNames.join(", ")}`)
  return name
}
