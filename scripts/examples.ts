/**
 * Runs what the documentation shows: the first TypeScript block of every package README, every example that says it runs in CI
 * (`examples/<name>/<name>.ts` or `examples/recipes/*.ts`), and every recipe of the cookbook: `bun run test:examples [name part]`.
 */
import { mkdir, rm } from "node:fs/promises"
import { basename, join } from "node:path"
import { $, Glob } from "bun"
import { runRecipe } from "./lib/recipe.ts"

const root = join(import.meta.dir, "..")
const only = process.argv[2] ?? ""
let passed = 0
let failed = 0

const run = async (name: string, file: string, cwd: string): Promise<void> => {
  const started = performance.now()
  const { exitCode, stdout, stderr } = await $`bun ${file}`.cwd(cwd).nothrow().quiet()
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const silent = stdout.toString().trim() === ""
  if (exitCode === 0 && !silent) {
    passed++
    console.log(`ok    ${name} (${seconds} s)`)
  } else {
    failed++
    console.log(`FAIL  ${name} (${seconds} s): ${exitCode === 0 ? "printed nothing" : `exit ${exitCode}\n${stderr}`}`)
  }
}

for (const path of [...new Glob("packages/*/README.md").scanSync(root)].toSorted()) {
  const folder = join(root, path, "..")
  if (!path.includes(only)) continue
  const block = /```ts\n([\s\S]*?)```/.exec(await Bun.file(join(root, path)).text())?.[1]
  if (block === undefined) {
    if (path.includes("/testing/")) continue
    failed++
    console.log(`FAIL  ${path}: has no TypeScript block`)
    continue
  }
  // Inside the package, so that its own dependencies resolve; beside nothing that is packed.
  const scratch = join(folder, "test", ".readme")
  await mkdir(scratch, { recursive: true })
  await Bun.write(join(scratch, "readme.ts"), block)
  await run(path, join(scratch, "readme.ts"), scratch)
  await rm(scratch, { recursive: true, force: true })
}

for (const path of [...new Glob("examples/*/*.ts").scanSync(root)].toSorted()) {
  if (!path.includes(only) || path.includes("node_modules")) continue
  const text = await Bun.file(join(root, path)).text()
  if (!/^\/\/ runs in CI$/m.test(text)) continue
  await run(path, join(root, path), root)
}

for (const path of [...new Glob("docs/cookbook/*.md").scanSync(root)].toSorted()) {
  if (!path.includes(only)) continue
  const started = performance.now()
  // Among the examples, which have every package.
  const scratch = join(root, "examples/.readme", basename(path, ".md"))
  const wrong = await runRecipe(
    await Bun.file(join(root, path)).text(),
    scratch,
    join(root, "packages/pipelines/src/cli.ts")
  )
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (wrong === undefined) passed++
  else failed++
  console.log(wrong === undefined ? `ok    ${path} (${seconds} s)` : `FAIL  ${path} (${seconds} s): ${wrong}`)
}

console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
