/**
 * Runs tfjs-core's own tests on one backend and prints the outcome as JSON.
 * usage: bun suite.ts <onnx|cpu|wasm|webgpu> [regular expression over file names]
 */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

const [engine = "onnx", filter = "."] = process.argv.slice(2)

// tfjs-core's tests expect jasmine's functions as globals.
createRequire(import.meta.url)("jasmine-core").boot()
interface Spec {
  readonly fullName: string
  readonly status: string
  readonly failedExpectations: ReadonlyArray<{ readonly message: string }>
}
interface JasmineEnvironment {
  clearReporters(): void
  configure(options: { random: boolean }): void
  addReporter(reporter: { specDone(spec: Spec): void }): void
  execute(): Promise<unknown>
}
const jasmine = (globalThis as unknown as { jasmine: { getEnv(): JasmineEnvironment } }).jasmine.getEnv()

const core = join(dirname(Bun.resolveSync("@tensorflow/tfjs-core/package.json", import.meta.dir)), "dist")
await import(join(core, "register_all_gradients.js"))
await import(join(core, "public/chained_ops/register_all_chained_ops.js"))
const { useEngine } = await import("../../src/selection/useEngine.ts")
const { backend } = await useEngine({ prefer: engine as "onnx" })

const { setTestEnvs } = await import(join(core, "jasmine_util.js"))
// One name for all engines, so that their outcomes can be compared. A device computes everything itself: tfjs leaves small things to the processor.
const flags = engine === "webgpu" ? { WEBGPU_CPU_FORWARD: false } : {}
setTestEnvs([{ name: "engine", backendName: backend, isDataSync: true, flags }])
// What a backend answers for: operations, gradients, optimizers, variables, tensors. Left out: the browser, files, platforms.
const relevant = /'\.\/((?:ops\/|optimizers\/|gradients_test|engine_test|variable_test|tensor_test)[^']*)'/g
for (const [, path] of (await Bun.file(join(core, "tests.js")).text()).matchAll(relevant)) {
  if (new RegExp(filter).test(path!) && !/from_pixels|browser/.test(path!)) await import(join(core, `${path}.js`))
}

const passed: Array<string> = []
const failed: Record<string, string> = {}
jasmine.clearReporters()
// In software a card takes seconds for some of them.
Object.assign((globalThis as unknown as { jasmine: object }).jasmine, { DEFAULT_TIMEOUT_INTERVAL: 60_000 })
jasmine.configure({ random: false })
jasmine.addReporter({
  specDone({ fullName, status, failedExpectations }) {
    const name = fullName.replace(/ engine \{.*?\}/, "")
    if (status === "passed") passed.push(name)
    else if (status === "failed") failed[name] = failedExpectations[0]?.message.split("\n")[0] ?? ""
  }
})
await jasmine.execute()
console.log(JSON.stringify({ passed, failed }))
process.exit(0)
