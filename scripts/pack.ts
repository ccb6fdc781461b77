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
import { examples, smallModel } from "../examples/browser/smallModel.ts"
import { oddTexts } from "../packages/testing/src/oddTexts.ts"
import { publishOrder } from "./lib/rooms.ts"
import { tenLines } from "./lib/tenLines.ts"
import { override, packAll } from "./tarballs.ts"

const root = join(import.meta.dir, "..")
/** The lowest version that `engines` names. */
const oldestNode = 20
const project = await mkdtemp(join(tmpdir(), "nuner-pack-"))
const stranger = await mkdtemp(join(tmpdir(), "nuner-stranger-"))

/** `bun add @nuner/classifier @nuner/mini` and the README's program, in an empty folder. */
const firstScreen = async (files: Readonly<Record<string, string>>): Promise<boolean> => {
  if (!existsSync(join(root, "packages/mini/model/model.safetensors"))) {
    console.log(
      "note: the README's program was not run: the weights of @nuner/mini are not made (bun benchmarks/mini/make.ts)"
    )
    return true
  }
  const readme = join(root, "README.md")
  const { output, program, with: withOutput } = tenLines(await Bun.file(readme).text())
  await override(stranger, files)
  await $`bun add @nuner/classifier @nuner/mini`.cwd(stranger).quiet()
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

/** The files of the guide for a stranger, in the folder where the first screen ran: a model, then its server and the page in front of it. */
const firstHour = async (): Promise<boolean> => {
  const guide = await Bun.file(join(root, "docs/first-hour.md")).text()
  for (const [, name, text] of guide.matchAll(/^`([\w.]+)`:\n\n```\w+\n([\s\S]*?)```/gm))
    await Bun.write(join(stranger, name!), text!)
  const { exitCode, stderr, stdout } = await $`bun model.ts`.cwd(stranger).nothrow().quiet()
  if (exitCode !== 0 || !stdout.toString().includes("expected entity F1")) {
    console.error(`model.ts of docs/first-hour.md fails in an empty project:\n${stderr}`)
    return false
  }
  const environment = { ...process.env, PORT: "0" }
  const server = Bun.spawn(["bun", "app.ts"], { cwd: stranger, env: environment, stdout: "pipe", stderr: "inherit" })
  try {
    const { value } = await server.stdout.getReader().read()
    const url = new TextDecoder().decode(value).trim()
    const page = await (await fetch(url)).text()
    const answer = await fetch(new URL("predict", url), {
      method: "POST",
      body: "The Sea Lark left Bergen with salmon."
    })
    const found = (await answer.json()) as ReadonlyArray<{ type: string }>
    if (page.includes("<textarea") && found.some(({ type }) => type === "port")) {
      console.log("the guide for a stranger runs in an empty project: a model, a server, a page")
      return true
    }
    console.error(`app.ts of docs/first-hour.md gives no page or no port: ${JSON.stringify(found)}`)
    return false
  } finally {
    server.kill()
  }
}

try {
  const files = await packAll(join(project, "tarballs"))
  const catalog: Record<string, string> = (await Bun.file(join(root, "package.json")).json()).workspaces.catalog
  await Bun.write(
    join(project, "package.json"),
    JSON.stringify({
      name: "a-user",
      type: "module",
      dependencies: {
        "@nuner/classifier": "*",
        "@nuner/encoder": "*",
        "@nuner/engine": "*",
        "@nuner/trainer": "*",
        "@nuner/pipelines": "*",
        effect: catalog.effect,
        "@tensorflow/tfjs-core": catalog["@tensorflow/tfjs-core"],
        "bun-types": catalog["bun-types"],
        typescript: catalog.typescript
      }
    })
  )
  // The registry does not have the packages yet: each name resolves to its tarball.
  await override(project, files)
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
    if (!installed) await $`bun add ${name}`.cwd(project).quiet()
    const { exitCode, stdout, stderr } = await $`bun one.mjs`.cwd(project).nothrow().quiet()
    const exports = Number(stdout.toString())
    if (exitCode !== 0 || !(exports > 0)) {
      failed++
      console.error(`${name}: does not import from its tarball\n${stderr}`)
    } else console.log(`${name}: ${exports} exports`)
    if (!existsSync(join(project, "node_modules", name, "LICENSE"))) {
      failed++
      console.error(`${name}: its tarball has no LICENSE`)
    }
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
  if (!(await firstScreen(files))) failed++
  else if (existsSync(join(stranger, "first.ts")) && !(await firstHour())) failed++
  failed += await compareRuntimes()
  console.log(failed === 0 ? "every package packs, installs, imports and runs" : `${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
} finally {
  for (const folder of [project, stranger]) await rm(folder, { recursive: true, force: true })
}

/** Encoding, prediction, few-shot learning, fine-tuning, TadNER and pre-training under Node, and under Deno where it is installed, against Bun, on 200 odd texts. @returns how many comparisons failed */
async function compareRuntimes(): Promise<number> {
  const node = Bun.which("node")
  const version = node === null ? undefined : (await $`node --version`.text()).trim()
  if (version === undefined || Number(/^v(\d+)/.exec(version)?.[1]) < oldestNode) {
    console.log(`Node is ${version ?? "not there"}: what runs under Node ${oldestNode} and later was not compared`)
    return process.env.CI ? 1 : 0
  }
  await smallModel(join(project, "model"))
  const input = { directory: join(project, "model"), examples: (await examples()).slice(0, 24), texts: oddTexts }
  await Bun.write(join(project, "input.json"), JSON.stringify(input))
  await Bun.write(join(project, "runtimes.mjs"), Bun.file(join(root, "scripts/runtimes.mjs")))
  const peers: Record<string, ReadonlyArray<string>> = { [`Node ${version}`]: ["node"] }
  if (Bun.which("deno") !== null) {
    const deno = (await $`deno --version`.text()).split(" ")[1]
    peers[`Deno ${deno}`] = ["deno", "run", "--allow-all", "--node-modules-dir=manual"]
  }
  const results: Record<string, { readonly engine: string }> = {}
  for (const [runtime, command] of Object.entries({ Bun: ["bun"], ...peers })) {
    const { exitCode, stderr } = await $`${command} runtimes.mjs input.json ${runtime}.json`
      .cwd(project)
      .nothrow()
      .quiet()
    if (exitCode !== 0) {
      console.error(`${runtime} does not run the packages:\n${stderr}`)
      return 1
    }
    results[runtime] = await Bun.file(join(project, `${runtime}.json`)).json()
  }
  let failed = 0
  for (const runtime of Object.keys(peers)) {
    const { Bun: expected, [runtime]: found } = results
    const difference = differs(expected, found, "")
    if (difference === undefined)
      console.log(
        `${runtime} (${found!.engine}) encodes, predicts, learns, tunes and pre-trains as Bun (${expected!.engine}) does`
      )
    else {
      failed++
      console.error(`${runtime} gives another result than Bun: ${difference}`)
    }
  }
  return failed
}

/** Where two results differ, numbers by more than 0.001; the engine may be another. */
function differs(a: unknown, b: unknown, at: string): string | undefined {
  if (typeof a === "number" && typeof b === "number" && Math.abs(a - b) < 1e-3) return undefined
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return a === b || at === ".engine" ? undefined : `${at}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = differs(a[key as never], b[key as never], `${at}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}
