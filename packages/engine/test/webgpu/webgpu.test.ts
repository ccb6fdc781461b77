import { expect, test } from "bun:test"
import { join } from "node:path"
import { absent, onSwiftShader } from "./swiftShader.ts"
import type { Outcome } from "./training.ts"

if (absent !== undefined && process.env.CI !== undefined) throw new Error(`The tests of WebGPU need ${absent}`)

const onDevice =
  absent === undefined
    ? test
    : (name: string, _body: () => Promise<void>, _timeout?: number) => test.skip(`${name} (needs ${absent})`, () => {})
const program = (name: string) => join(import.meta.dir, name)

/** Of the operations that a training step is made of. */
const operations =
  "^ops/(add_n|concat_test|erf|expand|gather_test|mat_mul|slice2d|softmax_test|softplus|split|stack|sum_test|transpose_test|unsorted)"

/** Tests of tfjs-core's that fail on SwiftShader, each with its reason. */
const exceptions: Readonly<Record<string, string>> = {
  "gather throws when index is out of bound": "tfjs's WebGPU kernel gives zeros: `embedding` checks its ids itself",
  "softmax Propagates NaNs": "SwiftShader's exponential of NaN is a number"
}

onDevice(
  "tfjs-core's own tests of what training calls pass on WebGPU",
  async () => {
    const suite = program("../conformance/suite.ts")
    const { passed, failed } = await onSwiftShader<{ passed: Array<string>; failed: Record<string, string> }>(
      suite,
      "webgpu",
      operations
    )
    expect(Object.keys(failed).sort()).toEqual(Object.keys(exceptions).sort())
    expect(passed.length).toBe(351)
  },
  600_000
)

onDevice("the kernels of ours compute what plain operations do on tfjs-cpu", async () => {
  const { "gelu, its gradient, AdamW": trained, ...exact } = await onSwiftShader<Record<string, number>>(
    program("kernels.ts")
  )
  expect(exact).toEqual({
    dropout: 0,
    "dropout of a part": 0,
    "segment sum": 0,
    "segment sum of no rows": 0
  })
  expect(trained).toBeLessThan(1e-4)
})

onDevice(
  "training: losses as on tfjs-cpu, no read while a step computes, flat memory, a resumed run equal to the bit",
  async () => {
    const { version, cpu, webgpu, reads, memory, resumed, exported } = await onSwiftShader<Outcome>(
      program("training.ts")
    )
    expect(version).toMatch(/^Dawn \(webgpu\), tfjs-webgpu [\d.]+, SwiftShader/)
    expect(webgpu).toHaveLength(20)
    expect(Math.max(...webgpu.map((loss, step) => Math.abs(loss - cpu[step]!)))).toBeLessThan(1e-3)
    // A step's loss, norm and telemetry, awaited together at its end.
    expect(reads).toEqual({ sync: 0, async: 20 * 3 })
    expect(memory.at(-1)).toEqual(memory[4]!)
    expect(resumed).toEqual(webgpu.slice(3, 6))
    expect(exported).toBe(true)
  }
)

onDevice("a graphics card in software is taken only where it is asked for by name", async () => {
  const { chosen, tried, asked } = await onSwiftShader<Record<"chosen" | "tried" | "asked", string>>(
    program("selection.ts")
  )
  expect(chosen).not.toBe("webgpu")
  expect(tried).toMatch(/^SwiftShader .* computes on the processor: ask for it by name$/)
  expect(asked).toBe("webgpu")
})
