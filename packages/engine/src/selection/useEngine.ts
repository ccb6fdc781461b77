import { availableParallelism } from "node:os"
import { EngineError } from "../EngineError.ts"
import { tf } from "../tf.ts"
import { candidates } from "./candidates.ts"
import { type EngineAttempt, type EngineName, type EngineReport, engineNames } from "./EngineReport.ts"
import { selfCheck } from "./selfCheck.ts"

export interface UseEngineOptions {
  /** The engine to take, and no other. Default: the variable NUNER_ENGINE, else the first that works. */
  readonly prefer?: EngineName
  /** Threads to compute with, set once a process. Default: NUNER_THREADS, else the processors this process may use. */
  readonly threads?: number
}

let current: Promise<EngineReport | undefined> = Promise.resolve(undefined)

/**
 * Brings up the tensor engine and says which one it is: cuda, native, onnx, wasm or cpu, the first that trains a tiny model
 * to the right numbers. Calling it again gives the same report; asking for another engine switches, and tensors move along
 * as they are used.
 *
 * @throws EngineError where the engine that was asked for does not work here; the message says what to run.
 */
export function useEngine(options: UseEngineOptions = {}): Promise<EngineReport> {
  const chosen = current
    .catch(() => undefined)
    .then((previous) => {
      const stays = previous && (options.prefer === undefined || options.prefer === previous.name)
      return stays ? previous : choose(options)
    })
  current = chosen
  return chosen
}

async function choose({ prefer, threads }: UseEngineOptions): Promise<EngineReport> {
  const asked = checkName(prefer, "prefer") ?? checkName(process.env.NUNER_ENGINE, "NUNER_ENGINE")
  const count = threads ?? (Number(process.env.NUNER_THREADS) || availableParallelism())
  if (!Number.isInteger(count) || count < 1)
    throw new EngineError(`threads is ${count}; it must be a whole number above 0`)
  const tried: EngineAttempt[] = []
  for (const { name, backend, remedy, load } of candidates) {
    if (asked !== undefined && name !== asked) continue
    try {
      const found = await load(count)
      await tf.setBackend(backend)
      await tf.ready()
      selfCheck()
      tried.push({ name, backend, works: true, detail: found.version })
      const why = asked === undefined ? "the first that works here" : "asked for"
      return { name, backend, why, version: found.version, threads: found.threads, tried }
    } catch (error) {
      const detail = (error instanceof Error ? error.message : String(error)).split("\n")[0]!
      tried.push({ name, backend, works: false, detail, ...(remedy ? { remedy } : {}) })
    }
  }
  const reasons = tried.map(({ name, detail, remedy }) => `${name}: ${detail}${remedy ? `; run: ${remedy}` : ""}`)
  throw new EngineError(`No engine works here. ${reasons.join(". ")}`)
}

function checkName(value: string | undefined, source: string): EngineName | undefined {
  if (!value) return undefined
  const name = engineNames.find((known) => known === value)
  if (!name) throw new EngineError(`${source} is "${value}"; it must be one of ${engineNames.join(", ")}`)
  return name
}
