import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { apply, type Mutant } from "./Mutant.ts"

/** How one run of a test file went. */
export interface Outcome {
  /** What failed; `undefined` where all passed. */
  readonly failure: string | undefined
  readonly seconds: number
}

/** A copy of the working tree in which faults can be put and tests run. */
export class Sandbox {
  readonly root = mkdtempSync(join(tmpdir(), "nuner-mutation-"))

  constructor(repository: string) {
    const files = Bun.spawnSync(["git", "ls-files", "-co", "--exclude-standard", "-z"], { cwd: repository }).stdout
    for (const file of files
      .toString()
      .split("\0")
      .filter((name) => name !== "" && existsSync(join(repository, name)))) {
      mkdirSync(dirname(join(this.root, file)), { recursive: true })
      cpSync(join(repository, file), join(this.root, file))
    }
    const { exitCode, stderr } = Bun.spawnSync(["bun", "install", "--frozen-lockfile"], { cwd: this.root })
    if (exitCode !== 0) throw new Error(`bun install in the copy failed: ${stderr}`)
  }

  /** Runs a test file until its first failure, for `limit` seconds at most. */
  async run(test: string, limit: number, flags: ReadonlyArray<string> = []): Promise<Outcome> {
    const started = performance.now()
    const child = Bun.spawn(["bun", "test", "--bail", "--timeout", `${limit * 1000}`, ...flags, test], {
      cwd: this.root,
      // Real data would make results differ from machine to machine; more threads would make the time do so.
      env: { ...process.env, NUNER_DATA: join(this.root, "none"), NUNER_THREADS: "1" },
      stdout: "ignore",
      stderr: "pipe",
      timeout: limit * 1000,
      killSignal: "SIGKILL"
    })
    const output = await new Response(child.stderr).text()
    const passed = (await child.exited) === 0
    const seconds = (performance.now() - started) / 1000
    if (passed) return { failure: undefined, seconds }
    if (/^error: regex .* matched 0 tests/m.test(output)) return { failure: undefined, seconds }
    if (child.signalCode === "SIGKILL") return { failure: "does not end", seconds }
    const [, name] = /^\(fail\) (.*?)(?: \[[\d.]+m?s\])?$/m.exec(output) ?? []
    return { failure: name ?? "does not load", seconds }
  }

  /** Does something while a fault is in. */
  async with<A>(mutant: Mutant, work: () => Promise<A>): Promise<A> {
    const path = join(this.root, mutant.file)
    const source = readFileSync(path, "utf8")
    writeFileSync(path, apply(source, mutant))
    try {
      return await work()
    } finally {
      writeFileSync(path, source)
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
