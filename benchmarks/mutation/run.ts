/**
 * Whether the tests notice faults: puts one small fault after the other into a copy of the tree, runs the test files that run its line, and
 * writes down which test fails. A fault is an option that is ignored (every option of every schema), or an operator, constant, condition,
 * method or statement changed (drawn by a seed, a few in every file).
 *
 *   bun benchmarks/mutation/run.ts [--only <part of a path>] [--fresh] [--list]
 *
 * Results stand in `mutants.json`, where a survivor that changes nothing has its `explanation`. Known results are kept: a run goes on where the
 * last one was cut, and tries unexplained survivors again; `--fresh` tries everything again.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Glob } from "bun"
import { testsBy } from "./coverage.ts"
import type { Mutant } from "./Mutant.ts"
import { operatorMutants } from "./operators.ts"
import { optionMutants } from "./options.ts"
import { Sandbox } from "./Sandbox.ts"

const packages = ["aligner", "miner", "sampler", "metrics", "classifier", "tadner", "trainer"]
/** Of the engine: training, without its layers and kernels, which other suites hold. */
const engine = ["train", "loss", "data", "optim"]
const sources = [...packages.map((name) => `${name}/src`), ...engine.map((folder) => `engine/src/${folder}`)]
const tests = [...packages.map((name) => `${name}/test`), ...engine.map((folder) => `engine/test/${folder}`)]
/** A file has one drawn mutant for each so many of its lines, and at least one. */
const LINES_A_MUTANT = 80
const SEED = 1

/** As in `mutants.json`. */
interface Result extends Pick<Mutant, "file" | "line" | "change"> {
  /** Test file and test; `null`: all passed. */
  readonly killedBy: string | null
  /** Why a survivor changes nothing that a test could hold. */
  readonly explanation?: string
}

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    fresh: { type: "boolean", default: false },
    list: { type: "boolean", default: false }
  }
})
const root = join(import.meta.dir, "../..")
const results = join(import.meta.dir, "mutants.json")
const files = (folders: ReadonlyArray<string>, name: string) =>
  folders.flatMap((folder) => [...new Glob(`packages/${folder}/**/${name}`).scanSync(root)].toSorted())

/** Of equal changes in a file (two schemas of one component, say), the second and later ones get their number. */
const numbered = (mutants: ReadonlyArray<Mutant>): Array<Mutant> => {
  const seen = new Map<string, number>()
  return mutants.map((one) => {
    const count = (seen.get(one.change) ?? 0) + 1
    seen.set(one.change, count)
    return count === 1 ? one : { ...one, change: `${one.change} (${count})` }
  })
}

/** Chosen by what they change and not by where, so that an edit elsewhere in the file leaves the choice as it is. */
const drawn = (mutants: ReadonlyArray<Mutant>, count: number): Array<Mutant> => {
  const rank = ({ change, file }: Mutant) => Bun.hash(`${SEED} ${file} ${change}`)
  const chosen = new Map<number, Mutant>()
  for (const one of mutants.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))) {
    if (chosen.size < count && !chosen.has(one.line)) chosen.set(one.line, one)
  }
  return [...chosen.values()]
}

const mutants = files(sources, "*.ts").flatMap((file) => {
  const source = readFileSync(join(root, file), "utf8")
  const count = Math.ceil(source.split("\n").length / LINES_A_MUTANT)
  return [...numbered(optionMutants(root, file, source)), ...drawn(numbered(operatorMutants(file, source)), count)]
})
const keyOf = ({ change, file }: Pick<Mutant, "file" | "change">) => `${file} ${change}`
const before = (await Bun.file(results).exists()) ? ((await Bun.file(results).json()) as Array<Result>) : []
const known = new Map(before.map((result) => [keyOf(result), result]))
const isOpen = (one: Mutant) => {
  const result = known.get(keyOf(one))
  return values.fresh || result === undefined || (result.killedBy === null && result.explanation === undefined)
}
const open = mutants.filter((one) => one.file.includes(values.only) && isOpen(one))

const write = () => {
  const rows = mutants.flatMap((one) => {
    const result = known.get(keyOf(one))
    return result === undefined ? [] : [{ ...result, line: one.line }]
  })
  return Bun.write(results, `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`)
}

if (values.list) for (const { change, file, line } of open) console.log(`${file}:${line}  ${change}`)
else {
  using sandbox = new Sandbox(root)
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      sandbox[Symbol.dispose]()
      process.exit(130)
    })
  }
  const started = performance.now()
  const seeing = testsBy(sandbox, files(tests, "*.test.ts"))
  const killer = async (one: Mutant, flags: ReadonlyArray<string> = []): Promise<string | null> => {
    for await (const { path, seconds } of seeing.of(one)) {
      const { failure } = await sandbox.with(one, () => sandbox.run(path, Math.ceil(10 + 5 * seconds), flags))
      if (failure === undefined) continue
      seeing.killed(path)
      return `${path}: ${failure}`
    }
    return null
  }
  for (const [i, one] of open.entries()) {
    const killedBy = (one.hint !== undefined && (await killer(one, ["-t", `\\b${one.hint}\\b`]))) || (await killer(one))
    const { explanation } = killedBy === null ? (known.get(keyOf(one)) ?? {}) : {}
    const { change, file, line } = one
    known.set(keyOf(one), { file, line, change, killedBy, ...(explanation === undefined ? {} : { explanation }) })
    await write()
    console.log(`${i + 1}/${open.length} ${killedBy === null ? "SURVIVED" : "killed"} ${file}:${line}  ${change}`)
  }
  const minutes = Math.round((performance.now() - started) / 60_000)
  const all = mutants.flatMap((one) => known.get(keyOf(one)) ?? [])
  const alive = all.filter(({ killedBy }) => killedBy === null)
  const unexplained = alive.filter(({ explanation }) => explanation === undefined)
  const share = ((100 * (all.length - alive.length)) / all.length).toFixed(1)
  console.log(
    `${minutes} min; of ${all.length} mutants ${share} % killed; ${alive.length} survived, ${unexplained.length} without an explanation`
  )
}
