import { expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { writeSafetensors } from "@nuner/engine"
import { tempDir } from "@nuner/testing"
import { parameterSpecs, small, toConfigJson, trainByteLevelBpe } from "../src/index.ts"
import { tokenizerFiles } from "../src/tokenizer/tokenizerFiles.ts"

/** The proportions of RoBERTa-large, and large enough that what a process needs anyway is small beside it: 420 MB of F32. */
const config = small({ hidden: 1024, layers: 8, heads: 16, feedForward: 4096, vocabSize: 4000, positions: 130 })

const script = `
import { readFileSync } from "node:fs"
import { useEngine } from "@nuner/engine"
import { loadEncoder } from ${JSON.stringify(join(import.meta.dir, "../src/index.ts"))}
const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024
await useEngine()
const before = peak()
await loadEncoder(process.argv[1])
console.log(peak() - before)`

/** Bytes by which loading a directory raises a fresh process's peak memory. */
const loading = async (directory: string): Promise<number> => {
  const child = Bun.spawn(["bun", "-e", script, directory], { cwd: import.meta.dir, stdout: "pipe", stderr: "inherit" })
  const printed = await new Response(child.stdout).text()
  expect(await child.exited).toBe(0)
  return Number(printed)
}

for (const dtype of ["F32", "F16"] as const) {
  const body = async () => {
    using dir = tempDir()
    const tokenizer = await trainByteLevelBpe(["a text to learn from"], { vocabSize: 262 })
    const files = { "config.json": toConfigJson(config), ...tokenizerFiles(tokenizer, config) }
    for (const [name, content] of Object.entries(files)) await Bun.write(dir.file(name), content)
    let bytes = 0
    const tensors = parameterSpecs(config).map(({ name, shape, transposed }) => {
      const size = shape.reduce((product, n) => product * n, 1)
      bytes += 4 * size
      const data = () => new Float32Array(size).fill(0.5)
      return { name, dtype, shape: transposed ? shape.toReversed() : shape, data }
    })
    await writeSafetensors(dir.file("model.safetensors"), tensors)
    expect(bytes).toBeGreaterThan(400e6)
    expect(await loading(dir.path)).toBeLessThan(1.3 * bytes)
  }
  const name = `loading ${dtype} weights takes less than 1.3 times the memory of the weights`
  if (existsSync("/proc/self/status")) test(name, body, 120_000)
  else test.skip(`${name} (skipped: needs /proc)`, () => {})
}
