/**
 * From the start of a process to its first prediction, with a classifier on `mini` (BERT 6 x 384, 22.7M numbers, 90 MB as saved): Bun from these sources, Node from what
 * `bun run build` made (a row without a number where that was not done). NUNER_BENCH_CLOCK=processor counts processor time of the process.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { saveClassifier, tokenClassifier } from "@nuner/classifier"
import { fromPretrained } from "@nuner/encoder"
import { clock } from "./support/clock.ts"
import { median } from "./support/median.ts"
import { type Benchmark, lessIsBetter, type Row } from "./support/Row.ts"

const repeats = 5
/** Seconds that are aimed at. */
const aims = { bun: 0.7, node: 1 } as const
const script = `
import { loadClassifier } from "@nuner/classifier"
const classifier = await loadClassifier(process.argv[2])
await classifier.predict(["Marie Curie was born in Warsaw."])
const { user, system } = process.cpuUsage()
console.log(performance.now(), (user + system) / 1000)`

async function* run(): AsyncGenerator<Row> {
  const directory = await mkdtemp(join(tmpdir(), "nuner-bench-"))
  // Beside this file, where the packages are found.
  const program = join(import.meta.dir, ".cold.mjs")
  try {
    await Bun.write(program, script)
    await writeModel(directory)
    for (const runtime of ["bun", "node"] as const) {
      const times: Array<number> = []
      let trouble: string | undefined
      for (let i = 0; i <= repeats && trouble === undefined; i++) {
        const child = Bun.spawnSync([runtime, program, directory])
        const [wall, processor] = child.stdout.toString().trim().split(" ").map(Number)
        if (child.exitCode !== 0) trouble = child.stderr.toString().trim().split("\n").at(-1)!
        else if (i > 0) times.push((clock === "processor" ? processor! : wall!) / 1000)
      }
      const ours = trouble === undefined ? median(times) : null
      yield {
        ...{ bench: "cold", case: `${runtime}, start to first prediction, mini`, metric: "seconds", ours },
        ...{ peer: aims[runtime], peerName: "aim", ratio: lessIsBetter(ours, aims[runtime]) },
        note: trouble ?? `${clock} time, median of ${repeats}`
      }
    }
  } finally {
    await rm(program, { force: true })
    await rm(directory, { recursive: true, force: true })
  }
}

const writeModel = async (directory: string): Promise<void> => {
  const encoder = await fromPretrained("mini")
  const classes = ["O", "person", "place"]
  const kernel = Float32Array.from({ length: encoder.config.hidden * classes.length }, (_, i) => Math.sin(i))
  await saveClassifier(directory, tokenClassifier({ encoder, head: { classes, kernel, bias: new Float32Array(3) } }))
  encoder.dispose()
}

export default { name: "cold", run } satisfies Benchmark
