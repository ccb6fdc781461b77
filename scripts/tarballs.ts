/**
 * The packages as tarballs in a project of yours, which installs them as if a registry had them: `bun run tarballs <project>`. They lie in its folder
 * `nuner`, and its package.json, made where there is none, says under `overrides` that each name is its file.
 */
import { mkdir, rm } from "node:fs/promises"
import { join, relative, resolve } from "node:path"
import { $ } from "bun"
import { build } from "./build.ts"
import { publishOrder } from "./lib/rooms.ts"

const packages = join(import.meta.dir, "../packages")

/** Builds and packs every published package into a folder. @returns the file of each name */
export const packAll = async (folder: string): Promise<Record<string, string>> => {
  await build()
  const files: Record<string, string> = {}
  try {
    for (const room of publishOrder) {
      const place = join(folder, room)
      await rm(place, { recursive: true, force: true })
      await mkdir(place, { recursive: true })
      await $`bun pm pack --destination ${place} --quiet`.cwd(join(packages, room)).quiet()
      const [file] = new Bun.Glob("*.tgz").scanSync(place)
      files[`@nuner/${room}`] = join(place, file!)
    }
  } finally {
    for (const room of publishOrder) await rm(join(packages, room, "dist"), { recursive: true, force: true })
  }
  return files
}

/** Says in the package.json of a project, made where there is none, that each name is its file. What else it says stays. */
export const override = async (project: string, files: Readonly<Record<string, string>>): Promise<void> => {
  const manifest = Bun.file(join(project, "package.json"))
  const known = (await manifest.exists()) ? await manifest.json() : { type: "module" }
  const overrides = { ...known.overrides }
  for (const [name, file] of Object.entries(files)) overrides[name] = `file:${relative(project, file)}`
  await Bun.write(manifest, `${JSON.stringify({ ...known, overrides }, null, 2)}\n`)
}

if (import.meta.main) {
  const [given] = process.argv.slice(2)
  if (given === undefined) {
    console.error("bun run tarballs <the folder of your project>")
    process.exit(1)
  }
  const project = resolve(given)
  const files = await packAll(join(project, "nuner"))
  await override(project, files)
  console.log(`${Object.keys(files).length} packages lie in ${join(project, "nuner")}: bun add @nuner/trainer`)
}
