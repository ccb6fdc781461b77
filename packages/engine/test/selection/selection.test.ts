import { expect, test } from "bun:test"
import { join } from "node:path"
import { describeEngine } from "../../src/index.ts"

const source = join(import.meta.dir, "../../src/index.ts")

/** Runs a few lines in a process of their own: an engine is chosen once for a process. */
const run = async (
  code: string,
  environment: Record<string, string> = {}
): Promise<{ output: string; errors: string }> => {
  const program = `import { describeEngine, tf, useEngine } from ${JSON.stringify(source)}\n${code}`
  const child = Bun.spawn([process.execPath, "-e", program], {
    env: { ...process.env, NUNER_ENGINE: "", ...environment },
    stdout: "pipe",
    stderr: "pipe"
  })
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  await child.exited
  return { output: output.trim(), errors }
}

test("the first engine that works is taken, and the report says what was tried and what to run", async () => {
  const { output } = await run("console.log(JSON.stringify(await useEngine()))")
  const report = JSON.parse(output)
  expect(report.name).toBe("onnx")
  expect(report.version).toMatch(/^ONNX Runtime \d/)
  expect(report.tried.map(({ name, works }: { name: string; works: boolean }) => [name, works])).toEqual([
    ["cuda", false],
    ["webgpu", false],
    ["native", false],
    ["onnx", true]
  ])
  expect(describeEngine(report)).toContain("to get it: bun add @tensorflow/tfjs-node-gpu")
})

test("NUNER_ENGINE and prefer choose; asking again switches; calls at once agree", async () => {
  const code = `
    const [a, b] = await Promise.all([useEngine(), useEngine()])
    const onnx = await useEngine({ prefer: "onnx" })
    console.log([a.name, b.name, onnx.name, tf.getBackend(), (await useEngine()).name].join())`
  expect((await run(code, { NUNER_ENGINE: "cpu" })).output).toBe("cpu,cpu,onnx,onnx,onnx")
})

test("another number of threads is refused, and what was chosen goes on", async () => {
  const code = `
    const before = await useEngine({ prefer: "onnx", threads: 1 })
    const refused = await useEngine({ threads: 2 }).catch(({ message }) => message)
    const { name, threads } = await useEngine()
    const again = await useEngine({ threads: 1 })
    console.log([before.threads, refused, name, threads, again.threads].join("|"))`
  const said =
    "threads is 2, this process computes with 1; it is set once a process: by its first useEngine, or by NUNER_THREADS"
  expect((await run(code, { NUNER_THREADS: "2" })).output).toBe(`1|${said}|onnx|1|1`)
})

test("tensors made on one engine are used on the next", async () => {
  const code = `
    await useEngine({ prefer: "cpu" })
    const x = tf.tensor([1, 2, 3])
    await useEngine({ prefer: "onnx" })
    const y = tf.mul(x, 2)
    await useEngine({ prefer: "cpu" })
    console.log(tf.add(y, 1).dataSync().join())`
  expect((await run(code)).output).toBe("3,5,7")
})

test("tensors come back to the engine that made them, and their clones; what was disposed elsewhere stays so", async () => {
  const code = `
    const said = []
    for (const prefer of ["onnx", "cpu"]) {
      await useEngine({ prefer })
      const [x, gone] = [tf.tensor([1, 2, 3]), tf.tensor([4])]
      const { dataId } = gone
      const clone = tf.clone(x)
      for (const prefer of ["cpu", "onnx", "wasm", "onnx"]) {
        await useEngine({ prefer })
        said.push(tf.mul(x, 2).dataSync().join())
        if (prefer === "wasm") tf.dispose([tf.neg(gone), gone])
      }
      x.dispose()
      said.push(tf.neg(clone).dataSync().join())
      try { tf.backend().readSync(dataId) } catch ({ message }) { said.push(message) }
    }
    console.log(said.join("|"))`
  const once = "2,4,6|2,4,6|2,4,6|2,4,6|-1,-2,-3|A tensor was used after it was disposed"
  expect((await run(code)).output).toBe(`${once}|${once}`)
})

test("what is refused changes nothing, also where the engine works and its precision does not", async () => {
  const code = `
    await useEngine({ prefer: "cpu" })
    const refused = await useEngine({ prefer: "onnx", precision: "bf16" }).catch(({ message }) => message)
    const { name, precision } = await useEngine()
    console.log([/oneDNN/.test(refused), name, precision, tf.getBackend()].join())`
  expect((await run(code, { NUNER_ONEDNN: "/nonexistent" })).output).toBe("true,cpu,fp32,cpu")
})

test("an engine that is not there is refused with the command that installs it", async () => {
  const { errors } = await run('await useEngine({ prefer: "cuda" })')
  expect(errors).toContain("No engine works here. cuda: not installed; run: bun add @tensorflow/tfjs-node-gpu@4.22.0")
})

test("a misspelt engine is refused by name", async () => {
  const { errors } = await run("await useEngine()", { NUNER_ENGINE: "gpu" })
  expect(errors).toContain('NUNER_ENGINE is "gpu"; it must be one of cuda, webgpu, native, onnx, wasm, cpu')
})

test("wasm, repaired, trains to the right numbers", async () => {
  const { output } = await run('console.log((await useEngine({ prefer: "wasm" })).name)')
  expect(output).toBe("wasm")
})

/** Chooses an engine, and sends numbers through a compiled network that makes floats of them. */
const network = `
  const { compileGraph, compilesGraphs, OnnxGraph, onnxModel } = await import(${JSON.stringify(source)})
  const { name, tried } = await useEngine()
  const said = [name, tried.find((one) => one.name === "onnx").detail, await compilesGraphs()]
  if (await compilesGraphs()) {
    const graph = new OnnxGraph()
    const x = graph.input("x", "int64", ["rows", "tokens"])
    const y = graph.op("Unsqueeze", [graph.cast(x, "float32"), graph.int64s([2])])
    graph.output(y, "y", "float32", ["rows", "tokens", 1])
    const { pieces } = onnxModel(graph, { format: 8, operators: 17 })
    const bytes = Buffer.concat(pieces.map((piece) => (piece.data ? piece.data() : piece)))
    const model = { bytes, weights: [], inputs: [x], outputs: ["y"] }
    const session = await compileGraph(model)
    const [floats] = await session.run({ [x]: Int32Array.of(3, -4) }, [1, 2], [0], 1)
    said.push(floats instanceof Float32Array, [...floats])
    session.release()
  }
  console.log(said.join())`

const elsewhere = 'Object.defineProperty(process, "platform", { value: "darwin" })'
const neverRan = `wasm,never ran on darwin ${process.arch}: ask for it by name`

test("the engine of the house compiles networks itself", async () => {
  expect((await run(network)).output).toMatch(/^onnx,ONNX Runtime [\d.]+,true,true,3,-4$/)
})

test("where the native path never ran, WebAssembly takes its place, and networks onnxruntime-node's ordinary interface", async () => {
  const loaded = `await import(${JSON.stringify(Bun.resolveSync("onnxruntime-node", import.meta.dir))})`
  expect((await run(`${loaded}\n${elsewhere}\n${network}`)).output).toBe(`${neverRan},true,true,3,-4`)
})

test("where onnxruntime-node does not load either, tensors do all", async () => {
  expect((await run(`${elsewhere}\n${network}`)).output).toBe(`${neverRan},false`)
  const { output } = await run(`${elsewhere}\nconsole.log((await useEngine()).faster)`)
  expect(output).toMatch(/^onnxruntime-node, .* it does not load here: ./)
})
