/**
 * Proves that the packages publish: packs every one, installs the tarballs in an empty project outside the workspace, imports each
 * under Bun and type-checks a program against their declarations; then, in a second one, does what the README's first screen says:
 * `bun run test:pack`. With `--write` the README gets the output that its program has now.
 */
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { $ } from "bun"
import { build } from "./build.ts"
import { publishOrder } from "./lib/rooms.ts"
import { tenLines } from "./lib/tenLines.ts"

const root = join(import.meta.dir, "..")
const project = await mkdtemp(join(tmpdir(), "nuner-pack-"))
const stranger = await mkdtemp(join(tmpdir(), "nuner-stranger-"))

/** `bun add @nuner/classifier @nuner/mini` and the README's program, in an empty folder. */
const firstScreen = async (tarballs: Readonly<Record<string, string>>): Promise<boolean> => {
  if (!existsSync(join(root, "packages/mini/model/model.safetensors"))) {
    console.log(
      "note: the README's program was not run: the weights of @nuner/mini are not made (bun benchmarks/mini/make.ts)"
    )
    return true
  }
  const readme = join(root, "README.md")
  const { output, program, with: withOutput } = tenLines(await Bun.file(readme).text())
  await Bun.write(
    join(stranger, "package.json"),
    JSON.stringify({ name: "a-stranger", type: "module", overrides: tarballs })
  )
  await $`bun add @nuner/classifier@${tarballs["@nuner/classifier"]} @nuner/mini@${tarballs["@nuner/mini"]}`
    .cwd(stranger)
    .quiet()
  await Bun.write(join(stranger, "first.ts"), program)
  const { exitCode, stderr, stdout } = await $`bun first.ts`.cwd(stranger).nothrow().quiet()
  const said = stdout.toString()
  if (exitCode !== 0 || said.trim() === "") {
    console.error(`the README's program fails in an empty project:\n${stderr}`)
    return false
  }
  if (process.argv.includes("--write")) await Bun.write(readme, withOutput(said))
  else if (said !== output) console.log(`note: the README shows another output than this (--write):\n${said}`)
  console.log("the README's program runs in an empty project")
  return true
}

try {
  await build()
  const tarballs: Record<string, string> = {}
  for (const room of publishOrder) {
    const folder = join(project, "tarballs", room)
    await $`bun pm pack --destination ${folder} --quiet`.cwd(join(root, "packages", room)).quiet()
    const [file] = [...new Bun.Glob("*.tgz").scanSync(folder)]
    tarballs[`@nuner/${room}`] = `file:${join(folder, file!)}`
  }
  const catalog: Record<string, string> = (await Bun.file(join(root, "package.json")).json()).workspaces.catalog
  await Bun.write(
    join(project, "package.json"),
    JSON.stringify({
      name: "a-user",
      type: "module",
      dependencies: {
        "@nuner/trainer": tarballs["@nuner/trainer"],
        "@nuner/pipelines": tarballs["@nuner/pipelines"],
        effect: catalog.effect,
        "@tensorflow/tfjs-core": catalog["@tensorflow/tfjs-core"],
        "bun-types": catalog["bun-types"],
        typescript: catalog.typescript
      },
      // The registry does not have the packages yet: each name resolves to its tarball.
      overrides: tarballs
    })
  )
  await Bun.write(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "ESNext",
        module: "NodeNext",
        moduleResolution: "NodeNext",
        strict: true,
        noEmit: true,
        types: ["bun-types"],
        skipLibCheck: false
      },
      include: ["*.ts"]
    })
  )
  // A user imports what is declared: @nuner/trainer's own dependencies are reached through it.
  await Bun.write(
    join(project, "trainer.ts"),
    `import * as trainer from "@nuner/trainer"\nconsole.log("@nuner/trainer", Object.keys(trainer).length)\n`
  )
  await $`bun install`.cwd(project).quiet()
  let failed = 0
  console.log((await $`bun trainer.ts`.cwd(project).text()).trim())
  for (const room of publishOrder) {
    const name = `@nuner/${room}`
    await Bun.write(
      join(project, "one.mjs"),
      `const m = await import(${JSON.stringify(name)}); console.log(Object.keys(m).length)`
    )
    const installed = await Bun.file(join(project, "node_modules", name, "package.json")).exists()
    if (!installed) await $`bun add ${name}@${tarballs[name]}`.cwd(project).quiet()
    const { exitCode, stdout, stderr } = await $`bun one.mjs`.cwd(project).nothrow().quiet()
    const exports = Number(stdout.toString())
    if (exitCode !== 0 || !(exports > 0)) {
      failed++
      console.error(`${name}: does not import from its tarball\n${stderr}`)
    } else console.log(`${name}: ${exports} exports`)
  }
  // Declarations of others (WebGPU's against TypeScript's own) clash among themselves; ours and the user's program must be clean.
  const { stdout: said } = await $`node_modules/.bin/tsc -p tsconfig.json`.cwd(project).nothrow().quiet()
  const errors = said
    .toString()
    .split("\n")
    .filter((line) => line.includes("error TS") && (line.includes("@nuner/") || !line.includes("node_modules/")))
  if (errors.length > 0) {
    failed++
    console.error(`declarations do not type-check for a user:\n${errors.join("\n")}`)
  }
  const help = await $`node_modules/.bin/nuner --help`.cwd(project).nothrow().quiet()
  if (help.exitCode !== 0) {
    failed++
    console.error(`nuner --help fails from the tarball:\n${help.stdout}${help.stderr}`)
  }
  if (!(await firstScreen(tarballs))) failed++
  console.log(failed === 0 ? "every package packs, installs, imports and runs" : `${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
} finally {
  for (const folder of [project, stranger]) await rm(folder, { recursive: true, force: true })
  for (const room of publishOrder) await rm(join(root, "packages", room, "dist"), { recursive: true, force: true })
}
