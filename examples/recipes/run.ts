/**
 * Runs every recipe of this folder on a model, each in a Python environment of its own with the versions below, and writes what they print
 * to `outputs/`: `bun examples/recipes/run.ts MODEL FOLDER [part of a name]`. MODEL is a directory that `nuner fit` wrote; what
 * the stacks read is exported from it into FOLDER, where the environments stay. Takes some ten minutes and 8 GB the first time.
 */
import { existsSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { join, resolve } from "node:path"
import { $ } from "bun"

const torch = "torch==2.13.0"

/** What each recipe installs, and which export it reads. */
const recipes = {
  transformers: { reads: "model", versions: ["transformers==5.24.0", torch] },
  head: { reads: "model", versions: ["transformers==5.24.0", torch] },
  spacy: { reads: "encoder", versions: ["spacy==3.8.18", "transformers==5.24.0", torch] },
  spacy_transformers: { reads: "encoder", versions: ["spacy==3.8.18", "spacy-transformers==1.4.0", torch] },
  flair: { reads: "encoder", versions: ["flair==0.15.1", torch] },
  span_marker: { reads: "encoder", versions: ["span-marker==1.8.1", torch] },
  gliner: { reads: "encoder", versions: ["gliner==0.2.29", torch] }
} as const

const [model, folder, part = ""] = process.argv.slice(2)
if (model === undefined || folder === undefined) {
  console.error("bun examples/recipes/run.ts MODEL FOLDER [part of a name]")
  process.exit(1)
}
const root = join(import.meta.dir, "../..")
const exported = { model: resolve(folder, "model"), encoder: resolve(folder, "encoder") }
if (!existsSync(exported.model)) {
  const nuner = join(root, "packages/pipelines/src/cli.ts")
  await $`bun ${nuner} export --model ${model} --onnx fp32,int8 -o ${exported.model}`.quiet()
  await $`bun ${nuner} export --model ${model} --encoder-only -o ${exported.encoder}`.quiet()
}

/** Keeps what the recipe itself prints, which comes last. */
const lastLines = 4
let failed = 0
const keep = async (name: string, versions: string, run: { exitCode: number; stdout: Buffer; stderr: Buffer }) => {
  if (run.exitCode !== 0) {
    failed++
    console.error(`FAIL  ${name}\n${run.stderr}`)
    return
  }
  const lines = run.stdout.toString().trim().split("\n").slice(-lastLines)
  await Bun.write(join(import.meta.dir, "outputs", `${name}.txt`), [versions, "", ...lines, ""].join("\n"))
  console.log(`ok    ${name}\n${lines.join("\n")}`)
}

const { head } = await Bun.file(join(exported.model, "nuner.json")).json()
for (const [name, { reads, versions }] of Object.entries(recipes)) {
  if (!name.includes(part)) continue
  if (name === "transformers" && head !== "model") {
    console.log(
      "skip  transformers: it has no class for this head, which head_recipe.py reads; nuner fit --mode probe makes one that it has"
    )
    continue
  }
  const environment = resolve(folder, name)
  const python = join(environment, "bin/python")
  if (!existsSync(python)) {
    await $`python3 -m venv ${environment}`.quiet()
    await $`${python} -m pip install --quiet ${versions}`.quiet()
  }
  const scratch = join(environment, "scratch")
  await mkdir(scratch, { recursive: true })
  const script = join(import.meta.dir, `${name}_recipe.py`)
  const offline = { HF_HUB_OFFLINE: "1", TRANSFORMERS_OFFLINE: "1" }
  const run = await $`${python} ${script} ${exported[reads]}`
    .cwd(scratch)
    .env({ ...process.env, ...offline })
    .nothrow()
    .quiet()
  const query =
    "import importlib.metadata as m, sys; print('Python ' + sys.version.split()[0], *[n + ' ' + m.version(n) for n in sys.argv[1:]], sep=', ')"
  const names = [...new Set([...versions.map((version) => version.split("==")[0]!), "transformers"])]
  await keep(name, (await $`${python} -c ${query} ${names}`.text()).trim(), run)
}
if ("transformers.js".includes(part)) {
  const run = await $`bun ${join(import.meta.dir, "transformersJs.ts")} ${exported.model}`.nothrow().quiet()
  await keep("transformersJs", `Bun ${Bun.version}, @huggingface/transformers 4.3.1`, run)
}
process.exit(failed === 0 ? 0 : 1)
