import { join } from "node:path"

/** What a Python peer printed: its last line of output, decoded from JSON; or why there is nothing. */
export type PythonResult<A> =
  | { readonly skipped: false; readonly output: A; readonly version: string }
  | { readonly skipped: true; readonly reason: string }

/** The `python3` of the machine (`$PYTHON` or `$NUNER_PYTHON` names another), with its version. `undefined` where there is none. */
export const findPython = (): { readonly path: string; readonly version: string } | undefined => {
  for (const name of [process.env.PYTHON ?? process.env.NUNER_PYTHON, "/usr/bin/python3", "python3"]) {
    const path = name === undefined ? null : Bun.which(name)
    if (path === null) continue
    const { exitCode, stdout, stderr } = Bun.spawnSync([path, "--version"])
    if (exitCode === 0) return { path, version: `${stdout}${stderr}`.trim() }
  }
  return undefined
}

/**
 * Runs `benchmarks/peers/<script>` with `input` as JSON on its standard input. Loading the input is the peer's own matter: it times
 * what it does after that, and prints one line of JSON. Without a python3, or without a module that the script needs (it then exits
 * with 3 and names it), the result is skipped.
 *
 * @throws Error with the script's error output when it fails otherwise.
 */
export const runPython = async <A>(script: string, input: unknown): Promise<PythonResult<A>> => {
  const python = findPython()
  if (python === undefined) return { skipped: true, reason: "skipped: no python3 on this machine" }
  const process = Bun.spawn([python.path, join(import.meta.dir, "../peers", script)], {
    stdin: new Blob([JSON.stringify(input)]),
    stdout: "pipe",
    stderr: "pipe"
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(process.stdout).text(),
    new Response(process.stderr).text(),
    process.exited
  ])
  if (code === 3) return { skipped: true, reason: `skipped: ${stderr.trim()}` }
  if (code !== 0) throw new Error(`${script} failed (${code}): ${stderr.trim()}`)
  return { skipped: false, output: JSON.parse(stdout.trim().split("\n").at(-1)!) as A, version: python.version }
}
