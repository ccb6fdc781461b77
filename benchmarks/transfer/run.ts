/**
 * The evidence of benchmarks/RESULTS.md on real encoders, in parts; see the README beside. Every step skips itself when its result stands,
 * and goes on where it was cut short. What stands of these parts at the end is written to `<folder>/results`, or with `--publish` over
 * the `results` beside this file.
 *
 *   bun benchmarks/transfer/run.ts <folder> [--part <name>] [--only <part of a step's name>] [--k <size>] [--seed <n>] [--list] [--publish]
 */
import { mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { experiment } from "./Experiment.ts"
import { data } from "./parts/data.ts"
import { parts } from "./parts/index.ts"
import { publish, published } from "./results.ts"

const { positionals, values } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    part: { type: "string", multiple: true, default: Object.keys(parts) },
    only: { type: "string" },
    k: { type: "string", multiple: true },
    seed: { type: "string", multiple: true },
    list: { type: "boolean", default: false },
    publish: { type: "boolean", default: false }
  }
})
const unknown = values.part.find((part) => parts[part] === undefined)
if (positionals.length !== 1 || unknown !== undefined) {
  throw new Error(
    `bun benchmarks/transfer/run.ts <folder> [--part ${Object.keys(parts).join("|")}] [--only <name>] [--k <size>] [--seed <n>] [--list] [--publish]`
  )
}

const folder = resolve(positionals[0]!)
mkdirSync(folder, { recursive: true })
const all = experiment(folder, {
  ...(values.k && { sizes: values.k.map(Number) }),
  ...(values.seed && { seeds: values.seed.map(Number) })
})
const steps = [...data(all), ...values.part.flatMap((part) => parts[part]!(all))].filter(
  ({ name }) => values.only === undefined || name.includes(values.only)
)
const hours = steps.reduce((sum, step) => sum + step.hours, 0)
console.log(`${steps.length} steps, about ${hours.toFixed(1)} core-hours`)
try {
  for (const step of steps) {
    console.log(`${new Date().toISOString().slice(11, 19)} ${step.name} (${step.hours} core-hours): ${step.what}`)
    if (!values.list) await step.run()
  }
} finally {
  if (!values.list) await publish(all, values.part, values.publish ? published : join(folder, "results"))
}
