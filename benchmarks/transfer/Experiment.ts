import { mkdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { writeJson } from "@nuner/core"
import type { BenchmarkInput } from "@nuner/pipelines"
import { dataDir } from "@nuner/testing"

/** One step of the experiment. It skips itself when its result stands, and goes on where it was cut short. */
export interface Step {
  /** `<part>/<what>`: its results lie there in the experiment's folder. */
  readonly name: string
  /** Core-hours that it takes from nothing, about; two cores halve them. */
  readonly hours: number
  /** What it does, for people: a command where it is one. */
  readonly what: string
  readonly run: () => Promise<void>
}

/** Where the experiment reads and writes. */
export interface Experiment {
  /** A place in the experiment's folder. */
  readonly at: (...names: ReadonlyArray<string>) => string
  /** A place in the folder of real data. */
  readonly data: (...names: ReadonlyArray<string>) => string
  /** A real pre-trained encoder. */
  readonly model: (name: "minilm" | "mpnet") => string
  /** The sizes of training sets that benchmarks measure now; absent: all that each is about. */
  readonly sizes?: ReadonlyArray<number>
  /** The seeds of TadNER's runs now; absent: all of each comparison. */
  readonly seeds?: ReadonlyArray<number>
}

/** An experiment in a folder, with real data and encoders from where the environment says. @throws where it does not */
export const experiment = (folder: string, only: Pick<Experiment, "sizes" | "seeds"> = {}): Experiment => {
  const data = dataDir()
  const models = process.env.NUNER_MODELS
  if (data === undefined) throw new Error("the real data is not here: set NUNER_DATA to its folder")
  if (models === undefined) throw new Error("set NUNER_MODELS to the folder of the encoders minilm and mpnet")
  return { ...experimentOf(folder, { data, models }), ...only }
}

export const experimentOf = (
  folder: string,
  { data, models }: { readonly data: string; readonly models: string }
): Experiment => ({
  at: (...names) => join(folder, ...names),
  data: (...names) => join(data, ...names),
  model: (name) => join(models, name)
})

const root = join(import.meta.dir, "../..")

const bun = async (args: ReadonlyArray<string>): Promise<void> => {
  const child = Bun.spawn(["bun", ...args], { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
  const code = await child.exited
  if (code !== 0) throw new Error(`exit code ${code}: bun ${args.join(" ")}`)
}

/** A step that is a command. What depends on earlier steps is named when its turn comes. */
export const nuner = (name: string, hours: number, args: ReadonlyArray<string>): Step => ({
  ...{ name, hours, what: `nuner ${args.join(" ")}` },
  run: () => bun(["packages/pipelines/src/cli.ts", ...args])
})

/** A benchmark of these sizes of sets alone, of entities or of words; the whole training data has no other size. */
export const ofSizes = (definition: BenchmarkInput, sizes: ReadonlyArray<number> | undefined): BenchmarkInput => {
  if (sizes === undefined || definition.whole) return definition
  return definition.words === undefined ? { ...definition, k: sizes } : { ...definition, words: sizes }
}

/**
 * A step that is a benchmark of what there is by then: its definition is written to `<name>.json`, its results to `<name>`. Encoders may be
 * trained in any precision; they are all measured in fp32.
 */
export const benchmark = (
  { at, sizes }: Experiment,
  name: string,
  hours: number,
  definition: () => BenchmarkInput | Promise<BenchmarkInput>
): Step => ({
  ...{ name, hours, what: `nuner benchmark ${at(`${name}.json`)} -o ${at(name)}` },
  run: async () => {
    mkdirSync(dirname(at(name)), { recursive: true })
    await writeJson(at(`${name}.json`), ofSizes(await definition(), sizes))
    await bun(["packages/pipelines/src/cli.ts", "benchmark", at(`${name}.json`), "-o", at(name), "--precision", "fp32"])
  }
})
