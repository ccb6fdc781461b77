/**
 * TadNER on Few_TK (which is not Few-NERD): all test episodes of inter and intra, 3- and 5-way 1~2, in both modes, and what each switch of the
 * published mode is worth. Every step skips itself when its result stands, and goes on where it was cut short. Writes `<folder>/TABLES.md`.
 *
 *   bun benchmarks/tadner-few-tk/run.ts <folder> --encoder base=<directory>:last4 --encoder nuner=<directory>:last [--subset 60] [--only <name>] [--list]
 */
import { mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { readEpisodes, writeAtomic, writeEpisodes } from "@nuner/core"
import { type EpisodeScores, readResults } from "@nuner/tadner"
import { dataDir } from "@nuner/testing"
import { type ComparedEncoder, files, longEpisodes, plan, type Step, switchFile } from "./plan.ts"
import { detailTable, type Finished, mainTable, switchTable, wholeFileTable } from "./tables.ts"

const { positionals, values } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    encoder: { type: "string", multiple: true, default: [] },
    subset: { type: "string", default: "60" },
    only: { type: "string" },
    list: { type: "boolean", default: false }
  }
})
const usage =
  "bun benchmarks/tadner-few-tk/run.ts <folder> --encoder base=<directory>:last4 [--encoder ...] [--subset 60]"
const data = dataDir()
if (data === undefined) throw new Error("the real data is not here: set NUNER_DATA to its folder")
const encoders = values.encoder.map((text): ComparedEncoder => {
  const [, name, directory, phi] = /^(\w+)=(.+):(last|last4)$/.exec(text) ?? []
  if (name === undefined || directory === undefined) throw new Error(usage)
  return { name, directory: resolve(directory), phi: phi as ComparedEncoder["phi"] }
})
if (positionals.length !== 1 || encoders.length === 0) throw new Error(usage)

const folder = resolve(positionals[0]!)
mkdirSync(folder, { recursive: true })
const subset = Number(values.subset)
const steps = plan({ data, folder, encoders, subset })

const run = async ({ args, episodes, name }: Step): Promise<void> => {
  if (values.only !== undefined && !name.includes(values.only)) return
  console.error(`${name}: nuner tadner ${args.join(" ")}`)
  if (values.list) return
  if (episodes?.table === "long") await writeLong()
  const root = join(import.meta.dir, "../..")
  const command = ["bun", "packages/pipelines/src/cli.ts", "tadner", ...args]
  const child = Bun.spawn(command, { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
  if ((await child.exited) !== 0) process.exit(1)
}
/** As the first encoder's published run counted them. */
const writeLong = async (): Promise<void> => {
  const isPublished = ({ encoder, file, table, variation }: NonNullable<Step["episodes"]>) =>
    table === "main" && encoder === encoders[0]!.name && file === switchFile && variation === "published"
  const step = steps.find(({ episodes }) => episodes !== undefined && isPublished(episodes))!
  const [published] = await finished(step)
  if (published === undefined) throw new Error(`${step.name} has no results yet: run it first`)
  const cut = new Set(published.records.filter(({ truncated }) => truncated > 0).map(({ index }) => index))
  const all = await Array.fromAsync(readEpisodes(step.args[1]!))
  await writeEpisodes(
    longEpisodes(folder),
    all.filter((_, index) => cut.has(index))
  )
}
const finished = async ({ episodes, name }: Step): Promise<Array<Finished>> => {
  const place = join(folder, name)
  const file = Bun.file(join(place, "scores.json"))
  if (episodes === undefined || !(await file.exists())) return []
  const [scores] = (await file.json()) as ReadonlyArray<EpisodeScores & { readonly run: string }>
  return [{ ...episodes, scores: scores!, records: await readResults(join(place, `${scores!.run}.jsonl`)) }]
}

for (const step of steps) await run(step)
if (!values.list) {
  const all = (await Promise.all(steps.map(finished))).flat()
  const main = all.filter(({ table }) => table === "main")
  const published = main.filter(({ file, variation }) => file === switchFile && variation === "published")
  const of = (name: Finished["table"]) => all.filter(({ table }) => table === name)
  const tables = [
    ...["## All test episodes", mainTable(main, files), detailTable(main)],
    ...[`## One switch, all of ${switchFile}-way`, wholeFileTable(published, of("long"))],
    ...[`## One switch, the first ${subset} episodes of ${switchFile}-way`, switchTable(published, of("switches"))]
  ]
  await writeAtomic(join(folder, "TABLES.md"), [`${tables.join("\n\n")}\n`])
  console.log(tables.join("\n\n"))
}
