import { existsSync } from "node:fs"
import { dirname } from "node:path"

/** Chromium's graphics card in software: where Debian's package has its description, or the one that VK_DRIVER_FILES names. */
const findDriver = (): string | undefined => {
  if (process.env.VK_DRIVER_FILES) return process.env.VK_DRIVER_FILES
  if (Bun.which("dpkg") === null) return undefined
  const { stdout } = Bun.spawnSync(["dpkg", "-L", "chromium", "chromium-common"], { stderr: "ignore" })
  const files = stdout.toString().split("\n")
  return files.find((path) => path.endsWith("/vk_swiftshader_icd.json") && existsSync(path))
}

const driver = findDriver()

/** Why nothing can be tried on WebGPU here. */
export const absent =
  driver === undefined ? "Debian's chromium, whose SwiftShader stands for a graphics card" : undefined

/** Runs a program of this folder on SwiftShader: a driver is read when a process starts. Gives the last line of what it prints, as JSON. */
export const onSwiftShader = async <A>(program: string, ...args: ReadonlyArray<string>): Promise<A> => {
  const child = Bun.spawn([process.execPath, program, ...args], {
    // Chromium brings the loader of drivers, too, where the system has none.
    env: { ...process.env, NUNER_ENGINE: "", VK_DRIVER_FILES: driver!, LD_LIBRARY_PATH: dirname(driver!) },
    stdout: "pipe",
    stderr: "pipe"
  })
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  const last = output.trim().split("\n").at(-1)
  if (!last?.startsWith("{")) throw new Error(`${program} ended without a result: ${errors.slice(-800)}`)
  return JSON.parse(last)
}
