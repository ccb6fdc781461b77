import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { rooms } from "../../scripts/lib/rooms.ts"
import type { Mutant } from "./Mutant.ts"
import type { Sandbox } from "./Sandbox.ts"

/** A test file without any fault in the source: how long it takes and which lines it runs. */
interface TestFile {
  readonly path: string
  readonly seconds: number
  /** `file:line` */
  readonly lines: ReadonlySet<string>
}

/** @throws Error where a test fails without a fault */
const measure = async (sandbox: Sandbox, path: string): Promise<TestFile> => {
  const folder = join(sandbox.root, ".coverage")
  const flags = ["--coverage", "--coverage-reporter=lcov", `--coverage-dir=${folder}`]
  const { failure, seconds } = await sandbox.run(path, 300, flags)
  if (failure !== undefined) throw new Error(`${path} fails without any fault: ${failure}`)
  const lines = new Set<string>()
  let file = ""
  for (const line of readFileSync(join(folder, "lcov.info"), "utf8").split("\n")) {
    if (line.startsWith("SF:")) file = line.slice(3)
    const [, number, hits] = /^DA:(\d+),(\d+)/.exec(line) ?? []
    if (hits !== undefined && hits !== "0") lines.add(`${file}:${number}`)
  }
  rmSync(folder, { recursive: true })
  return { path, seconds, lines }
}

/**
 * Which of `tests` run a mutant's line: those of its own package, the quick ones and those that killed others first, then those of packages
 * that import it.
 */
export const testsBy = (sandbox: Sandbox, tests: ReadonlyArray<string>) => {
  const packageOf = (path: string) => path.split("/")[1]!
  const kills = new Map<string, number>()
  const measured = new Map<string, Promise<TestFile>>()
  const once = (path: string) => {
    if (!measured.has(path)) measured.set(path, measure(sandbox, path))
    return measured.get(path)!
  }
  async function* of({ file, line }: Mutant): AsyncGenerator<TestFile> {
    const mine = packageOf(file)
    const sees = ({ lines }: TestFile) => lines.has(`${file}:${line}`)
    const rank = ({ path, seconds }: TestFile) => seconds / (1 + (kills.get(path) ?? 0))
    const own: Array<TestFile> = []
    for (const path of tests) if (packageOf(path) === mine) own.push(await once(path))
    yield* own.filter(sees).toSorted((a, b) => rank(a) - rank(b))
    for (const path of tests.filter((path) => rooms[packageOf(path)]!.includes(mine))) {
      const other = await once(path)
      if (sees(other)) yield other
    }
  }
  return { of, killed: (path: string) => kills.set(path, (kills.get(path) ?? 0) + 1) }
}
