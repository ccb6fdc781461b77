/**
 * `bun run bench [name] [--json] [--full]`: runs the benchmarks of this folder and prints a table, or one JSON object a row. `--full`: those that
 * have a size for every day and a full one take the full one.
 */
import { Glob } from "bun"
import type { Benchmark, Row } from "./support/Row.ts"
import { header, tableLine } from "./support/table.ts"

const names = [...new Glob("*.ts").scanSync(import.meta.dir)]
  .map((file) => file.slice(0, -".ts".length))
  .filter((name) => name !== "bench")
  .toSorted()

const fail = (message: string): never => {
  console.error(message)
  process.exit(1)
}

const args = process.argv.slice(2)
const json = args.includes("--json")
const unknown = args.find((arg) => arg.startsWith("-") && arg !== "--json" && arg !== "--full")
if (unknown !== undefined) fail(`bench: unknown option ${unknown} (options: --json, --full)`)
const asked = args.filter((arg) => !arg.startsWith("-"))
const stranger = asked.find((name) => !names.includes(name))
if (stranger !== undefined) fail(`bench: no benchmark "${stranger}" (benchmarks: ${names.join(", ")})`)

/** The keys of a row in the order in which they are printed. */
const record = ({ bench, case: name, metric, ours, peer, peerName, ratio, note }: Row) => ({
  bench,
  case: name,
  metric,
  ours,
  peer,
  peerName,
  ratio,
  ...(note === undefined ? {} : { note })
})

for (const name of asked.length > 0 ? asked : names) {
  const module: { default?: Benchmark } = await import(`./${name}.ts`)
  if (module.default === undefined) fail(`bench: benchmarks/${name}.ts has no default export`)
  if (!json) console.log(header(name))
  for await (const row of await module.default!.run()) console.log(json ? JSON.stringify(record(row)) : tableLine(row))
}
