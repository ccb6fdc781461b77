/**
 * The packages as tarballs in a project of yours, which installs them as if a registry had them: `bun run tarballs <project>`. They lie in its folder
 * `nuner-tarballs`, and its package.json, made where there is none, says under `overrides` that each name is its file.
 */
import { createHash } from "node:crypto"
import { mkdir, rename, rm } from "node:fs/promises"
import { join, relative, resolve } from "node:path"
import { $ } from "bun"
import { build } from "./build.ts"
import { publishOrder } from "./lib/rooms.ts"

const packages = join(import.meta.dir, "../packages")

/**
 * Builds and packs every published package into a folder, in place of what lies there of them. A file's name tells its content: one of the
 * same name would not be installed again.
 *
 * @returns the file of each name
 */
export const packAll = async (folder: string): Promise<Record<string, string>> => {
  const files: Record<string, string> = {}
  try {
    await build()
    await mkdir(folder, { recursive: true })
    for (const old of new Bun.Glob("nuner-*.tgz").scanSync(folder)) await rm(join(folder, old))
    for (const room of publishOrder) {
      const { version } = await Bun.file(join(packages, room, "package.json")).json()
      await $`bun pm pack --destination ${folder} --quiet`.cwd(join(packages, room)).quiet()
      const packed = join(folder, `nuner-${room}-${version}.tgz`)
      const hash = createHash("sha256")
        .update(await Bun.file(packed).bytes())
        .digest("hex")
      const file = packed.replace(/\.tgz$/, `-${hash.slice(0, 8)}.tgz`)
      await rename(packed, file)
      files[`@nuner/${room}`] = file
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
  const folder = join(project, "nuner-tarballs")
  const files = await packAll(folder)
  await override(project, files)
  console.log(`${Object.keys(files).length} packages lie in ${folder}: bun add @nuner/trainer`)
}
