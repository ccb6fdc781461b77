import { expect, test } from "bun:test"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { leakCheck, tempDir, testEngine } from "@nuner/testing"
import {
  bestCheckpoint,
  CheckpointError,
  listCheckpoints,
  loadCheckpoint,
  planEpochs,
  type TrainEvent,
  tf
} from "../../src/index.ts"
import { events, numberedBatch, tinyOptions, validationLoss, withParameters } from "../lib/tinyRun.ts"

await testEngine()

/** What happened in the run, wherever it was cut: updates and evaluations. */
const story = (all: Array<TrainEvent>) =>
  all.filter(({ type }) => type === "step" || type === "evaluation" || type === "done")

/**
 * What a run fails with, as a function that throws it. `rejects` of bun:test waits in an event loop within the event loop; two such waits for a
 * run, which hands over by `setImmediate` at each step, have taken half a minute and a minute.
 */
const failureOf = async (run: Promise<unknown>): Promise<() => void> => {
  const error = await run.then(
    () => undefined,
    (error: unknown) => error
  )
  return () => {
    if (error !== undefined) throw error
  }
}

const whole = await withParameters((parameters) => events(tinyOptions(parameters)))

/** Trains to the end from the checkpoints of a directory, from weights that are not the first run's. */
const resume = (checkpoint: { directory: string; every: number; keep?: number }) =>
  withParameters(async (parameters) => {
    for (const parameter of Object.values(parameters)) tf.tidy(() => parameter.assign(tf.zerosLike(parameter)))
    return events(tinyOptions(parameters, { checkpoint }))
  })

for (const cut of [1, 4, 6, 11]) {
  test(`a run aborted after step ${cut} resumes equal to the bit`, async () => {
    using dir = tempDir()
    const checkpoint = { directory: dir.path, every: 5 }
    const controller = new AbortController()
    const first = await leakCheck(() =>
      withParameters((parameters) =>
        events(tinyOptions(parameters, { checkpoint, signal: controller.signal }), (event) => {
          if (event.type === "step" && event.step === cut) controller.abort()
          return undefined
        })
      )
    )
    expect(first.result.at(-1)).toEqual({ type: "stop", step: cut, reason: "aborted" })
    const second = await leakCheck(() => resume(checkpoint))
    expect(second.result[0]).toMatchObject({ type: "resume", step: cut })
    expect(story([...first.result, ...second.result])).toEqual(story(whole.result))
    expect(second.bits).toBe(whole.bits)
  })

  test(`a run whose consumer left after step ${cut} resumes equal to the bit`, async () => {
    using dir = tempDir()
    const checkpoint = { directory: dir.path, every: 5, keep: 1 }
    const leave = (event: TrainEvent) => !(event.type === "step" && event.step === cut)
    const first = await leakCheck(() =>
      withParameters((parameters) => events(tinyOptions(parameters, { checkpoint }), leave))
    )
    const second = await resume(checkpoint)
    expect(second.result[0]).toMatchObject({ type: "resume", step: cut })
    expect(story([...first.result, ...second.result])).toEqual(story(whole.result))
    expect(second.bits).toBe(whole.bits)
  })
}

test("two checkpoints are kept, unless more are asked for", async () => {
  using dir = tempDir()
  for (const [keep, steps] of [
    [undefined, [9, 12]],
    [3, [6, 9, 12]]
  ] as const) {
    const directory = dir.file(`keep-${keep}`)
    await withParameters((parameters) => {
      const checkpoint = { directory, every: 3, ...(keep && { keep }) }
      return events(tinyOptions(parameters, { steps: 12, checkpoint }))
    })
    expect((await listCheckpoints(directory)).map(({ step }) => step)).toEqual([...steps])
  }
})

test("a run over epochs in buckets, its batches read ahead, resumes equal to the bit", async () => {
  const { batch } = planEpochs({ count: 13, batchSize: 2, seed: 3, lengths: [...Array(13).keys()], bucketWindow: 3 })
  const batches = async (index: number) => numberedBatch(batch(index)[0]!)
  const start = (more: object) =>
    withParameters((parameters) => events(tinyOptions(parameters, { batches, readAhead: 3, ...more })))
  using dir = tempDir()
  const checkpoint = { directory: dir.path, every: 100 }
  const controller = new AbortController()
  const unbroken = await start({})
  const first = await withParameters((parameters) =>
    events(tinyOptions(parameters, { batches, readAhead: 3, checkpoint, signal: controller.signal }), (event) => {
      if (event.type === "step" && event.step === 5) controller.abort()
      return undefined
    })
  )
  const second = await start({ checkpoint })
  expect(story([...first.result, ...second.result])).toEqual(story(unbroken.result))
  expect(second.bits).toBe(unbroken.bits)
  expect((await start({ readAhead: 0 })).bits).toBe(unbroken.bits)
  expect(unbroken.bits).not.toBe(whole.bits)
})

test("a run that dies goes back to its last checkpoint and ends at the same bits", async () => {
  using dir = tempDir()
  const checkpoint = { directory: dir.path, every: 4 }
  const dying = (index: number) => {
    if (index === 15) throw new Error("disk on fire")
    return numberedBatch(index)
  }
  const first = withParameters((parameters) =>
    events(tinyOptions(parameters, { checkpoint, batches: dying, evaluate: { every: 100, run: () => ({}) } }))
  )
  expect(await failureOf(leakCheck(() => first))).toThrow("disk on fire")
  expect((await listCheckpoints(dir.path)).map(({ step }) => step)).toEqual([4])
  // What a killed write leaves.
  mkdirSync(join(dir.path, ".writing-step-00000007"))
  const second = await resume(checkpoint)
  expect(second.result[0]).toMatchObject({ type: "resume", step: 4 })
  expect(second.bits).toBe(whole.bits)
  expect(readdirSync(dir.path).filter((name) => name.startsWith("."))).toEqual([])
})

test("a finished run has nothing left to do", async () => {
  using dir = tempDir()
  const checkpoint = { directory: dir.path, every: 5 }
  await withParameters((parameters) => events(tinyOptions(parameters, { checkpoint })))
  const again = await resume(checkpoint)
  expect(again.result.map(({ type }) => type)).toEqual(["resume", "done"])
  expect(again.bits).toBe(whole.bits)
})

test("the latest and the best checkpoints stay", async () => {
  using dir = tempDir()
  const scores = [5, 1, 4, 3, 2]
  const options = {
    evaluate: {
      every: 2,
      run: (step: number) => ({ score: scores[step / 2 - 1] ?? 9 }),
      best: { metric: "score", mode: "min" as const }
    }
  }
  const { result } = await withParameters((parameters) =>
    events(tinyOptions(parameters, { ...options, checkpoint: { directory: dir.path, every: 3, keep: 2 } }))
  )
  expect((await listCheckpoints(dir.path)).map(({ step }) => step)).toEqual([4, 9, 12])
  expect((await bestCheckpoint(dir.path))?.step).toBe(4)
  expect(result.at(-1)).toEqual({ type: "done", step: 12, best: { step: 4, metric: "score", value: 1 } })
  expect(result.filter(({ type }) => type === "checkpoint").map(({ step }) => step)).toEqual([2, 3, 4, 6, 9, 12])
})

test("which checkpoint is best, the latest one knows", async () => {
  using dir = tempDir()
  const options = {
    evaluate: { every: 3, run: (step: number) => ({ score: step }), best: { metric: "score", mode: "max" as const } }
  }
  await withParameters((parameters) =>
    events(tinyOptions(parameters, { ...options, checkpoint: { directory: dir.path, every: 3, keep: 3 } }))
  )
  expect((await listCheckpoints(dir.path)).map(({ step }) => step)).toEqual([6, 9, 12])
  expect((await bestCheckpoint(dir.path))?.step).toBe(12)
})

test("the best checkpoint's weights are those of its evaluation", async () => {
  using dir = tempDir()
  await withParameters(async (parameters) => {
    const all = await events(tinyOptions(parameters, { checkpoint: { directory: dir.path, every: 100 } }))
    const done = all.at(-1)
    const best = (await bestCheckpoint(dir.path))!
    await loadCheckpoint(best, parameters)
    expect(done).toMatchObject({ best: { step: best.step, value: validationLoss(parameters) } })
  })
  expect(await bestCheckpoint(dir.file("none"))).toBeUndefined()
})

test("a checkpoint says in which precision it was trained, and another one is refused", async () => {
  using dir = tempDir()
  const checkpoint = { directory: dir.path, every: 5 }
  const start = (steps: number) =>
    withParameters((parameters) => events(tinyOptions(parameters, { checkpoint, steps })))
  await start(2)
  const file = join((await listCheckpoints(dir.path)).at(-1)!.path, "state.json")
  const { precision, ...state } = await Bun.file(file).json()
  expect(precision).toBe("fp32")
  await Bun.write(file, JSON.stringify({ ...state, precision: "bf16" }))
  const reason = "is of a run in precision bf16, this one computes in fp32; go on in bf16, or delete it to begin anew"
  expect(await failureOf(start(3))).toThrow(reason)
  // From before it was written.
  await Bun.write(file, JSON.stringify(state))
  expect((await start(3)).result[0]).toMatchObject({ type: "resume", step: 2 })
})

test("weights that are no numbers are refused where a checkpoint is written and where one is read", async () => {
  using dir = tempDir()
  const checkpoint = { directory: dir.path, every: 2 }
  const breaking = (at: number) =>
    withParameters((parameters) =>
      events(tinyOptions(parameters, { checkpoint, evaluate: { every: 99, run: () => ({}) } }), (event) => {
        if (event.type !== "step" || event.step !== at) return undefined
        const { head } = parameters
        tf.tidy(() => head!.assign(tf.div(head!, tf.zerosLike(head!))))
        return undefined
      })
    )
  expect(await failureOf(leakCheck(() => breaking(4)))).toThrow(
    /step-00000004: is not written: "head" holds -?(Infinity|NaN) at number 0; earlier checkpoints are as they were/
  )
  expect((await listCheckpoints(dir.path)).map(({ step }) => step)).toEqual([2])
  expect(readdirSync(dir.path)).toEqual(["step-00000002"])
  const file = join(dir.path, "step-00000002", "parameters.safetensors")
  const bytes = readFileSync(file)
  bytes.writeFloatLE(Number.NaN, bytes.length - 4)
  writeFileSync(file, bytes)
  expect(await failureOf(leakCheck(() => resume(checkpoint)))).toThrow(/holds NaN at number \d+; remove the checkpoint/)
})

test("a checkpoint that the disk has no room for says so, and those before it stay", async () => {
  using dir = tempDir()
  const checkpoint = { directory: dir.path, every: 5 }
  await withParameters((parameters) => events(tinyOptions(parameters, { checkpoint, steps: 5 })))
  const before = await listCheckpoints(dir.path)
  const weights = readFileSync(join(before.at(-1)!.path, "parameters.safetensors"))
  const program = `
    import { useEngine } from ${JSON.stringify(join(import.meta.dir, "../../src/index.ts"))}
    import { events, tinyOptions, withParameters } from ${JSON.stringify(join(import.meta.dir, "../lib/tinyRun.ts"))}
    await useEngine()
    const checkpoint = ${JSON.stringify(checkpoint)}
    await withParameters((parameters) => events(tinyOptions(parameters, { checkpoint }))).catch((error) =>
      console.log(error._tag + ": " + error.message)
    )
  `
  // A limit on the size of files, here 1,024 bytes, stands for a full disk; its signal is ignored so that the write itself fails.
  const limited = ["bash", "-c", `trap "" XFSZ; ulimit -f 1; exec "$0" -e "$1"`, process.execPath, program]
  const { stdout, stderr } = Bun.spawnSync(limited)
  const path = join(dir.path, "step-00000006/parameters.safetensors") // a new best
  expect(stdout.toString() || stderr.toString()).toMatch(`OutputError: ${path}: the file grew over the allowed size (`)
  expect(readdirSync(dir.path)).toHaveLength(before.length)
  expect(readFileSync(join(before.at(-1)!.path, "parameters.safetensors"))).toEqual(weights)
})

test("a checkpoint of another run is refused, and the weights are left alone", async () => {
  using dir = tempDir()
  const checkpoint = { directory: dir.path, every: 5, fingerprint: "a" }
  const start = (more: object, steps = 2) =>
    withParameters((parameters) => events(tinyOptions(parameters, { checkpoint, steps, ...more })))
  await start({})
  const cases: Array<[object, RegExp]> = [
    [{ seed: 6 }, /seed 5, this one has 6/],
    [{ accumulate: 1 }, /accumulate 2, this one has 1/],
    [{ checkpoint: { ...checkpoint, fingerprint: "b" } }, /fingerprint is a, this one has b; delete it to begin anew/]
  ]
  for (const [more, reason] of cases) {
    const failure = leakCheck(() => start(more, 3))
    expect(await failureOf(failure)).toThrow(CheckpointError)
    expect(await failureOf(start(more, 3))).toThrow(reason)
  }
  const fewer = withParameters((parameters) => {
    const { head, ...rest } = parameters
    return events({ ...tinyOptions(rest, { checkpoint, steps: 3 }), parameters: rest }).finally(() => head!.dispose())
  })
  expect(await failureOf(fewer)).toThrow(/holds "head", which this run does not train/)
  const { path } = (await listCheckpoints(dir.path)).at(-1)!
  writeFileSync(join(path, "state.json"), "{")
  expect(await failureOf(start({}, 3))).toThrow(/state\.json: cannot be read .*remove the folder/)
  rmSync(path, { recursive: true })
  expect(existsSync(path)).toBe(false)
})
