import { expect, test } from "bun:test"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { tempDir, testEngine } from "@nuner/testing"
import { CheckpointError } from "../../src/index.ts"
import { lockDirectory } from "../../src/train/lockDirectory.ts"
import { events, tinyOptions, withParameters } from "../lib/tinyRun.ts"

await testEngine()

/** Another process that takes the directory and keeps it until it is killed. */
const holder = async (directory: string) => {
  const code = `import { lockDirectory } from ${JSON.stringify(require.resolve("../../src/train/lockDirectory.ts"))}
    await lockDirectory(${JSON.stringify(directory)})
    console.log("held")
    setInterval(() => {}, 1000)`
  const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "inherit" })
  await child.stdout.getReader().read()
  return child
}

test("two runs in one directory: the second is refused while the first goes on, and not after it", async () => {
  using dir = tempDir()
  const checkpoint = { directory: dir.path, every: 5 }
  const run = () => withParameters((parameters) => events(tinyOptions(parameters, { checkpoint })))
  let refused: unknown
  await withParameters((parameters) =>
    events(
      tinyOptions(parameters, {
        checkpoint,
        batches: async (index) => {
          refused ??= await run().catch((error) => error)
          return tinyOptions(parameters).batches(index)
        }
      })
    )
  )
  expect(refused).toBeInstanceOf(CheckpointError)
  expect((refused as Error).message).toBe(
    `${dir.path}: is in use by process ${process.pid}; wait for it, or give this run a directory of its own`
  )
  expect(existsSync(join(dir.path, ".lock"))).toBe(false)
  expect((await run()).result.map(({ type }) => type)).toEqual(["resume", "done"])
})

test("a process that is killed holds nothing", async () => {
  using dir = tempDir()
  const child = await holder(dir.path)
  await expect(lockDirectory(dir.path)).rejects.toThrow(`is in use by process ${child.pid}`)
  child.kill("SIGKILL")
  await child.exited
  const release = await lockDirectory(dir.path)
  expect(JSON.parse(readFileSync(join(dir.path, ".lock"), "utf8")).pid).toBe(process.pid)
  await release()
})

test("a lock that a failing machine left empty or cut short is nobody's", async () => {
  for (const left of ["", '{"pid":']) {
    using dir = tempDir()
    writeFileSync(join(dir.path, ".lock"), left)
    const release = await lockDirectory(dir.path)
    expect(JSON.parse(readFileSync(join(dir.path, ".lock"), "utf8")).pid).toBe(process.pid)
    await release()
  }
})

test("of many that find a dead owner one gets the directory", async () => {
  using dir = tempDir()
  const dead = { pid: 2 ** 22 + 1, host: hostname(), started: "1" }
  writeFileSync(join(dir.path, ".lock"), JSON.stringify(dead))
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(dir.path)))
  const [got, ...more] = all.filter(({ status }) => status === "fulfilled")
  expect(more).toEqual([])
  await (got as PromiseFulfilledResult<() => Promise<void>>).value()
})

test("a process number that was given again is not the owner; what another machine holds is left alone", async () => {
  using dir = tempDir()
  const file = join(dir.path, ".lock")
  if (existsSync("/proc/self/stat")) {
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname(), started: "1" }))
    await (await lockDirectory(dir.path))()
  }
  writeFileSync(file, JSON.stringify({ pid: 1, host: "elsewhere", started: "1" }))
  await expect(lockDirectory(dir.path)).rejects.toThrow(`on elsewhere; wait for it`)
})
