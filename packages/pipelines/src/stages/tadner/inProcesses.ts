import { readdir } from "node:fs/promises"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { attempt } from "../../errors.ts"
import { Progress } from "../../services/Progress.ts"

export interface InProcessesOptions {
  readonly processes: number
  /** The command of a process, to which `--shard i/n` is added. */
  readonly command: ReadonlyArray<string>
  /** The folder that the results go to. */
  readonly out: string
}

/** Milliseconds between two looks at how far the processes are. */
const GLANCE = 5000
/** Milliseconds between two looks of a process at whether its starter is there. */
const WATCH = 100
const NEWLINE = 10
/** Environment variable of a shard: the process that started it. */
const STARTER = "NUNER_STARTER"

/** Whether `inProcesses` of another process started this one. */
export const isStarted = (): boolean => process.env[STARTER] !== undefined

/**
 * Ends a shard that `inProcesses` started soon after its starter is killed: when the run is taken up again, two would do the same episodes.
 * A shard that somebody else started is left alone.
 */
export const endWithStarter = (): void => {
  const starter = process.env[STARTER]
  if (starter === undefined) return
  setInterval(() => {
    if (process.ppid !== Number(starter)) process.exit(1)
  }, WATCH).unref()
}

/**
 * Runs a command in several processes, a shard of the episodes each, and waits for all of them. The processors are divided among them unless
 * NUNER_THREADS says otherwise. When one fails the others are ended; what they finished stays.
 */
export const inProcesses = Effect.fn("inProcesses")(function* ({ command, out, processes }: InProcessesOptions) {
  const progress = yield* Progress
  yield* attempt("tadner", async (signal) => {
    const threads = String(Math.max(1, Math.floor(availableParallelism() / processes)))
    const children: Array<Bun.Subprocess<"ignore", "ignore", "pipe">> = []
    const end = () => {
      for (const child of children) child.kill()
    }
    signal.addEventListener("abort", end)
    const results = resultsIn(out)
    const glance = setInterval(async () => {
      progress.update({ stage: "episodes", done: await results(), note: `${processes} processes` })
    }, GLANCE)
    try {
      for (let i = 0; i < processes; i++) {
        children.push(
          Bun.spawn([...command, "--shard", `${i}/${processes}`], {
            env: { NUNER_THREADS: threads, ...process.env, [STARTER]: String(process.pid) },
            stdio: ["ignore", "ignore", "pipe"]
          })
        )
      }
      const said = children.map((child) => new Response(child.stderr).text())
      // The first to fail in time: those that are ended because of it fail too, and have nothing to say.
      let failed: number | undefined
      const ends = children.map(async (child, i) => {
        if ((await child.exited) === 0 || failed !== undefined) return
        failed = i
        end()
      })
      await Promise.all(ends)
      signal.throwIfAborted()
      if (failed !== undefined)
        throw new Error((await said[failed]!).trim().split("\n").at(-1) || endOf(children[failed]!))
    } catch (error) {
      end()
      throw error
    } finally {
      clearInterval(glance)
      signal.removeEventListener("abort", end)
    }
  })
})

/** How a process ended that said nothing. */
const endOf = ({ exitCode, signalCode }: Bun.Subprocess): string => {
  const how = signalCode === null ? `with exit code ${exitCode}` : `by ${signalCode}`
  return `a process ended ${how}; memory may have run out: run it again with fewer processes, finished episodes are kept`
}

/** Counts the lines of all results files, episodes that are done, of all runs; at each call it reads what is new. */
const resultsIn = (folder: string): (() => Promise<number>) => {
  const read = new Map<string, number>()
  let lines = 0
  return async () => {
    const names = (await readdir(folder).catch((): Array<string> => [])).filter((name) => name.endsWith(".jsonl"))
    for (const name of names) {
      const from = read.get(name) ?? 0
      const bytes = await Bun.file(join(folder, name)).slice(from).bytes()
      read.set(name, from + bytes.length)
      for (const byte of bytes) if (byte === NEWLINE) lines++
    }
    return lines
  }
}
