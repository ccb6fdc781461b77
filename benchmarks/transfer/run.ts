/**
 * The transfer experiment: a small RoBERTa from nothing, the same base pre-trained as NuNER and in NER-BERT's style on three seeds, the ablations of
 * concepts and size, and the table of all of them. Every step skips itself when its result stands, and goes on from its checkpoint when it was cut short.
 *
 *   bun benchmarks/transfer/run.ts <folder> [--only <part of a step's name>] [--list]
 */
import { mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { dataDir } from "@nuner/testing"
import { recipe } from "./recipe.ts"

const { positionals, values } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: { only: { type: "string" }, list: { type: "boolean", default: false } }
})
const data = dataDir()
if (positionals.length !== 1) throw new Error("bun benchmarks/transfer/run.ts <folder> [--only <name>] [--list]")
if (data === undefined) throw new Error("the real data is not here: set NUNER_DATA to its folder")

const folder = resolve(positionals[0]!)
mkdirSync(folder, { recursive: true })
const root = join(import.meta.dir, "../..")
for (const { args, name } of recipe({ data, folder })) {
  if (values.only !== undefined && !name.includes(values.only)) continue
  console.log(`${name}: ${args.join(" ")}`)
  if (values.list) continue
  const env = { ...process.env, NUNER_DATA: data, NUNER_TRANSFER: folder }
  const child = Bun.spawn(["bun", ...args], { cwd: root, env, stdio: ["inherit", "inherit", "inherit"] })
  const code = await child.exited
  if (code !== 0) process.exit(code)
}
