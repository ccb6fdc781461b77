import { expect, test } from "bun:test"
import { close, leakCheck, tempDir, testEngine } from "@nuner/testing"
import { adam, adamW, disposeAll, listCheckpoints, NonFiniteError, tf, train } from "../../src/index.ts"
import { countReads } from "../lib/countReads.ts"
import { events, telemetryOptions, tinyOptions, withParameters } from "../lib/tinyRun.ts"
import { wave } from "../lib/wave.ts"

await testEngine()

/** Least squares with one weight: loss = mean((w x - y)^2). */
const regression = (more: object = {}) => {
  const w = tf.variable(tf.scalar(0))
  return {
    parameters: { w },
    optimizer: adam(),
    schedule: () => 0.1,
    steps: 3,
    batches: (index: number): Array<number> | undefined => [1 + index, 2],
    loss: (xs: Array<number>) =>
      tf.mean(tf.square(tf.sub(tf.mul(w, tf.tensor1d(xs)), tf.tensor1d(xs.map((x) => 3 * x))))) as tf.Scalar,
    ...more
  }
}

test("training learns, and says so step by step", async () => {
  const { result } = await leakCheck(() =>
    withParameters((parameters) => events(tinyOptions(parameters, { tokens: ({ ids }) => ids.length })))
  )
  const steps = result.filter((event) => event.type === "step")
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
  close(
    steps.map(({ lr }) => lr),
    Array.from({ length: 12 }, (_, i) => (i < 3 ? (0.02 * i) / 3 : (0.02 * (12 - i)) / 9)),
    1e-12
  )
  expect(
    steps.every(({ tokens, tokensPerSecond, gradNorm }) => tokens === 20 && tokensPerSecond! > 0 && gradNorm > 0)
  ).toBe(true)
  const losses = result.filter((event) => event.type === "evaluation").map(({ metrics }) => metrics.loss!)
  expect(losses.at(-1)!).toBeLessThan(losses[0]!)
  expect(result.at(-1)).toMatchObject({ type: "done", step: 12 })
})

test("two micro-batches make the update of one batch twice as large", async () => {
  const halves = [
    [1, 2],
    [3, 4]
  ]
  const a = regression({ steps: 1, accumulate: 2, batches: (index: number) => halves[index] })
  const b = regression({ steps: 1, batches: () => [1, 2, 3, 4] })
  const [x, y] = [await events(a), await events(b)]
  expect(x[0]).toMatchObject({ loss: (y[0] as { loss: number }).loss })
  expect(a.parameters.w.dataSync()).toEqual(b.parameters.w.dataSync())
  disposeAll({ a: a.parameters.w, b: b.parameters.w })
})

test("a batch without anything to learn is skipped and told; a step of such batches makes no update", async () => {
  const run = regression({
    accumulate: 2,
    batches: (index: number) => (index === 1 || index >= 4 ? undefined : [1, 2])
  })
  const told = await leakCheck(() => events(run))
  expect(told.slice(0, 3)).toMatchObject([
    { type: "step", step: 1, skipped: 1 },
    { type: "step", step: 2 },
    { type: "skip", step: 3, skipped: 2 }
  ])
  expect(told[1]).not.toHaveProperty("skipped")
  run.parameters.w.dispose()
})

test("metrics that the loss reports are averaged over the micro-batches", async () => {
  const run = regression({
    steps: 1,
    accumulate: 3,
    loss: (xs: Array<number>, { report }: { report: (name: string, value: number) => void }) => {
      report("first", xs[0]!)
      return tf.square(run.parameters.w) as tf.Scalar
    }
  })
  expect((await events(run))[0]).toMatchObject({ metrics: { first: 2 } })
  run.parameters.w.dispose()
})

test("a loss that is no number stops the run by name, before the update, and keeps the last checkpoint", async () => {
  using dir = tempDir()
  const run = regression({
    steps: 9,
    checkpoint: { directory: dir.path, every: 2 },
    batches: (index: number) => (index === 4 ? [Number.NaN] : [1, 2])
  })
  const failure = await leakCheck(() => events(run).catch((error) => error))
  expect(failure).toBeInstanceOf(NonFiniteError)
  expect(failure).toMatchObject({ step: 5, loss: Number.NaN })
  const [last] = (await listCheckpoints(dir.path)).slice(-1)
  expect(last?.step).toBe(4)
  expect(failure.message).toContain(`at step 5; the last checkpoint is ${last!.path}`)
  expect(Number.isFinite(run.parameters.w.dataSync()[0]!)).toBe(true)
  run.parameters.w.dispose()
})

test("a gradient that overflows is refused as well", async () => {
  const run = regression({ loss: () => tf.mul(tf.sqrt(tf.abs(run.parameters.w)), 2) as tf.Scalar })
  const failure = await leakCheck(() => events(run).catch((error) => error))
  expect(failure).toBeInstanceOf(NonFiniteError)
  expect(failure.message).toMatch(/gradient norm .* at step 1; no checkpoint was written/)
  run.parameters.w.dispose()
})

test("patience ends a run that no longer gets better, also after a resume", async () => {
  using dir = tempDir()
  const more = {
    steps: 50,
    checkpoint: { directory: dir.path, every: 100 },
    evaluate: {
      every: 2,
      run: (step: number) => ({ f1: step === 4 ? 2 : 1 }),
      best: { metric: "f1", mode: "max" as const },
      patience: 3
    }
  }
  const run = regression(more)
  const told = await events(run)
  expect(told.at(-1)).toEqual({ type: "stop", step: 10, reason: "patience" })
  expect(told.filter((event) => event.type === "evaluation").map(({ best }) => best)).toEqual([
    true,
    true,
    false,
    false,
    false
  ])
  expect((await events(regression(more))).map(({ type }) => type)).toEqual(["resume", "stop"])
  run.parameters.w.dispose()
})

test("timers run between steps, though nothing in the loop waits", async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 0)
  const run = regression({ steps: 100_000, signal: controller.signal })
  const told = await events(run)
  expect(told.at(-1)).toMatchObject({ type: "stop", reason: "aborted" })
  run.parameters.w.dispose()
})

test("nothing is computed before an event is asked for", async () => {
  let fetched = 0
  const run = regression({
    batches: () => {
      fetched++
      return [1]
    }
  })
  const loop = train(run)
  expect(fetched).toBe(0)
  await loop.next()
  expect(fetched).toBe(1)
  await loop.return()
  run.parameters.w.dispose()
})

test("batches are made ahead of the steps that learn from them, and none beyond the last", async () => {
  for (const readAhead of [0, 3]) {
    const ahead: Array<number> = []
    let made = 0
    const run = regression({
      readAhead,
      steps: 4,
      accumulate: 2,
      batches: async (index: number) => {
        made = Math.max(made, index + 1)
        return [1 + index, 2]
      }
    })
    const loss = run.loss
    let used = 0
    const told = await events({
      ...run,
      loss: (xs: Array<number>) => {
        ahead.push(made - ++used)
        return loss(xs)
      }
    })
    expect(ahead).toEqual(readAhead === 0 ? Array(8).fill(0) : [3, 3, 3, 3, 3, 2, 1, 0])
    expect(told.at(-1)).toMatchObject({ type: "done", step: 4 })
    run.parameters.w.dispose()
  }
})

test("options out of range are refused by name", async () => {
  const cases: Array<[object, RegExp]> = [
    [{ steps: 1.5 }, /"steps"/],
    [{ readAhead: -1 }, /"readAhead" must be a whole number >= 0, it is -1/],
    [{ accumulate: 0 }, /"accumulate" must be a whole number >= 1, it is 0/],
    [{ clip: 0 }, /"clip"/],
    [{ checkpoint: { directory: "x", every: 0 } }, /"checkpoint.every"/],
    [{ checkpoint: { directory: "x", every: 1, keep: 0 } }, /"checkpoint.keep"/],
    [{ evaluate: { every: 1, run: () => ({}), patience: 1 } }, /"evaluate.patience" must be given together/]
  ]
  for (const [more, reason] of cases) {
    const run = regression(more)
    await expect(events(run)).rejects.toThrow(reason)
    run.parameters.w.dispose()
  }
  const run = regression({ evaluate: { every: 1, run: () => ({ a: 1 }), best: { metric: "f1", mode: "max" } } })
  await expect(events(run)).rejects.toThrow('gave no "f1", only a')
  run.parameters.w.dispose()
})

test("frozen parameters come out as they went in", async () => {
  const parameters = {
    w: tf.tidy(() => tf.variable(wave([3], 1))),
    fixed: tf.tidy(() => tf.variable(wave([3], 2), false))
  }
  const before = parameters.fixed.dataSync().slice()
  await events({
    parameters,
    optimizer: adamW(),
    schedule: () => 0.1,
    steps: 2,
    batches: () => 1,
    loss: () => tf.sum(tf.square(tf.sub(parameters.w, parameters.fixed))) as tf.Scalar
  })
  expect(parameters.fixed.dataSync()).toEqual(before)
  expect(parameters.w.dataSync()).not.toEqual(wave([3], 1).dataSync())
  disposeAll(parameters)
})

test("a training step reads nothing while it computes, and at its end the losses, the norm and the telemetry once", async () => {
  const { result } = await withParameters(async (parameters) =>
    countReads(() => events(telemetryOptions(parameters, { steps: 3, accumulate: 2 })))
  )
  expect(result.reads).toEqual({ sync: 0, async: 3 * (2 + 2 + 1) })
  const [first] = result.result
  expect(first).toMatchObject({ type: "step", metrics: { saturated: 0, positiveRate: expect.any(Number) } })
})

test("a read on the way is counted", async () => {
  const { reads } = await countReads(async () => tf.tidy(() => tf.scalar(1).dataSync()))
  expect(reads).toEqual({ sync: 1, async: 0 })
})
