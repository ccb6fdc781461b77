import { expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"

const tokens = 8192
const script = `
import { readFileSync } from "node:fs"
import { attention, tf, useEngine, variableGrads } from ${JSON.stringify(join(import.meta.dir, "../../src/index.ts"))}
const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024
await useEngine()
const x = tf.variable(tf.zeros([1, ${tokens}, 64]))
const before = peak()
variableGrads(() => tf.tidy(() => tf.sum(attention(x, x, x, { heads: 4, window: 64 }))), { x })
console.log(peak() - before)`

const body = async () => {
  const child = Bun.spawn(["bun", "-e", script], { cwd: import.meta.dir, stdout: "pipe", stderr: "inherit" })
  const printed = await new Response(child.stdout).text()
  expect(await child.exited).toBe(0)
  // One float for each pair of tokens would be 268 MB, for one head alone.
  expect(Number(printed)).toBeLessThan(0.75 * 4 * tokens ** 2)
}
const name = "attention in a window of a long text holds no matrix of all pairs, forward or backward"
if (existsSync("/proc/self/status")) test(name, body, 120_000)
else test.skip(`${name} (skipped: needs /proc)`, () => {})
