import { expect, test } from "bun:test"
import { join } from "node:path"

interface Outcome {
  readonly passed: ReadonlyArray<string>
  readonly failed: Readonly<Record<string, string>>
}

/** tfjs-core's own tests on one engine, in a process of their own: jasmine's globals are not bun's. */
const suite = async (engine: string): Promise<Outcome> => {
  const command = [process.execPath, join(import.meta.dir, "conformance/suite.ts"), engine]
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" })
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  const last = output.trim().split("\n").at(-1)
  if (!last?.startsWith("{")) throw new Error(`the suite on ${engine} ended without a result: ${errors.slice(-500)}`)
  return JSON.parse(last)
}

/** Tests that tfjs-cpu passes and the onnx engine does not, each with its reason. */
const exceptions: Readonly<Record<string, string>> = {
  "Switching cpu backends can execute op with data from mixed backends": "defined for a backend named cpu alone",
  "Switching cpu backends Move data from cpu1 to cpu2 backend": "defined for a backend named cpu alone"
}

test("the onnx engine passes every test of tfjs-core's that tfjs-cpu passes", async () => {
  const [onnx, cpu] = await Promise.all([suite("onnx"), suite("cpu")])
  expect(onnx.failed).toEqual({})
  const passed = new Set(onnx.passed)
  expect(cpu.passed.filter((name) => !passed.has(name)).sort()).toEqual(Object.keys(exceptions).sort())
  expect(cpu.passed.length).toBe(3850)
  expect(onnx.passed.length).toBe(3848)
}, 120_000)
