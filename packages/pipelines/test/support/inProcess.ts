import { spyOn } from "bun:test"
import { Effect } from "effect"
import { nuner } from "../../src/index.ts"

/** What a command said, and its exit code. */
export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the command line in this process. */
export const inProcess = async (...args: ReadonlyArray<string>): Promise<Said> => {
  const err = spyOn(process.stderr, "write").mockImplementation(() => true)
  const out = spyOn(console, "log").mockImplementation(() => {})
  const text = (calls: ReadonlyArray<ReadonlyArray<unknown>>, end: string) =>
    calls.map(([line]) => `${String(line)}${end}`).join("")
  try {
    const code = await Effect.runPromise(nuner(args))
    return { code, out: text(out.mock.calls, "\n"), err: text(err.mock.calls, "") }
  } finally {
    err.mockRestore()
    out.mockRestore()
  }
}
