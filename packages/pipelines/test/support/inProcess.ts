import { spyOn } from "bun:test"
import { Effect, Exit, Fiber } from "effect"
import { nuner } from "../../src/index.ts"

/** What a command said, and its exit code. */
export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the command line in this process. */
export const inProcess = (...args: ReadonlyArray<string>): Promise<Said> =>
  overheard(() => Effect.runPromise(nuner(args)))

/** Runs the command line in this process and interrupts it as soon as `when` says so; 130, or its exit code where it was faster. */
export const interrupted = (args: ReadonlyArray<string>, when: () => boolean): Promise<Said> =>
  overheard(async () => {
    const fiber = Effect.runFork(nuner(args))
    while (!when() && fiber.pollUnsafe() === undefined) await new Promise(setImmediate)
    await Effect.runPromise(Fiber.interrupt(fiber))
    const exit = await Effect.runPromise(Fiber.await(fiber))
    return Exit.isSuccess(exit) ? exit.value : 130
  })

const overheard = async (work: () => Promise<number>): Promise<Said> => {
  const err = spyOn(process.stderr, "write").mockImplementation(() => true)
  const out = spyOn(console, "log").mockImplementation(() => {})
  const text = (calls: ReadonlyArray<ReadonlyArray<unknown>>, end: string) =>
    calls.map(([line]) => `${String(line)}${end}`).join("")
  try {
    const code = await work()
    return { code, out: text(out.mock.calls, "\n"), err: text(err.mock.calls, "") }
  } finally {
    err.mockRestore()
    out.mockRestore()
  }
}
