/**
 * Runs every recipe of this folder on `mini`: `bun examples/recipes/run.ts FOLDER [recipe ...]`. Each runs without network in a Python environment of its own, with the
 * versions below; models and environments stay in FOLDER. What a stack finds and the vector it reads for a word are held against ours. What a recipe printed
 * is written to `outputs/`. Takes some ten minutes and 8 GB the first time. A recipe that fails is told by name, the others run.
 */
import { mkdir } from "node:fs/promises"
import { join, resolve } from "node:path"
import { loadClassifier, wordFeatures } from "@nuner/classifier"
import { loadEncoder } from "@nuner/encoder"
import { $ } from "bun"
import { Schema } from "effect"

const torch = "torch==2.13.0"
const people = { "Marie Curie": "PER", Warsaw: "LOC" }

/** What each recipe reads and installs; a recipe that trains a model of its own finds what it was shown. */
const recipes = {
  transformers: { reads: "plain", versions: ["transformers==5.24.0", torch], finds: undefined },
  head: { reads: "layered", versions: ["transformers==5.24.0", torch], finds: undefined },
  transformersJs: { reads: "plain", versions: [], finds: undefined },
  spacy: { reads: "encoder", versions: ["spacy==3.8.18", "transformers==5.24.0", torch], finds: people },
  spacy_transformers: {
    reads: "encoder",
    versions: ["spacy==3.8.18", "spacy-transformers==1.4.0", "transformers==4.53.2", torch],
    finds: people
  },
  flair: { reads: "encoder", versions: ["flair==0.15.1", "transformers==4.57.6", torch], finds: people },
  span_marker: { reads: "encoder", versions: ["span-marker==1.8.1", "transformers==4.57.6", torch], finds: people },
  gliner: {
    reads: "encoder",
    versions: ["gliner==0.2.29", "transformers==5.16.1", torch],
    finds: { "Marie Curie": "person", Warsaw: "city" }
  }
} as const
type Name = keyof typeof recipes

const words = ["Marie", "Curie", "was", "born", "in", "Warsaw", "."]
const text = "Marie Curie was born in Warsaw."

const names = Object.keys(recipes) as Array<Name>
const [given, ...asked] = process.argv.slice(2)
const unknown = asked.find((name) => !names.some((known) => known === name))
if (given === undefined || unknown !== undefined) {
  if (unknown !== undefined) console.error(`no recipe is called ${unknown}: ${names.join(", ")}`)
  else console.error("bun examples/recipes/run.ts FOLDER [recipe ...]")
  process.exit(1)
}
const folder = resolve(given)
const at = (...parts: ReadonlyArray<string>) => join(folder, ...parts)

// What the stacks read, by the commands that write it; each is skipped where it stands.
const nuner = (...args: ReadonlyArray<string>) =>
  $`bun ${join(import.meta.dir, "../../packages/pipelines/src/cli.ts")} ${args}`.quiet()
const labelled = join(import.meta.dir, "../quickstart/data/labelled/train.jsonl")
await nuner("export", "mini", "--encoder-only", "-o", at("encoder"))
for (const [name, layers] of [
  ["plain", "-1"],
  ["layered", "-1,3"]
] as const) {
  const head = ["--mode", "probe", `--layers=${layers}`, "--scheme", "bare", "--c", "1"]
  await nuner("fit", labelled, ...head, "-o", at(`${name}-fitted`))
  await nuner("export", "--model", at(`${name}-fitted`), "--onnx", "fp32,int8", "-o", at(name))
}

// What ours finds and reads.
const found = async (name: string) => {
  const classifier = await loadClassifier(at(name))
  const [entities] = await classifier.predict([text])
  classifier.dispose()
  return Object.fromEntries(entities!.map(({ text, type }) => [text, type]))
}
const vectorOf = async (word: string) => {
  const encoder = await loadEncoder(at("encoder"))
  const { values, width } = await wordFeatures(encoder, [{ words }], { layers: [-1], pooling: "mean" })
  encoder.dispose()
  return values.subarray(words.indexOf(word) * width)
}
const ours = { plain: await found("plain"), layered: await found("layered"), vector: await vectorOf("Warsaw") }

/** The last line that a recipe prints. */
const Printed = Schema.fromJsonString(
  Schema.Struct({
    entities: Schema.Array(Schema.Tuple([Schema.String, Schema.String])),
    "vector of Warsaw": Schema.optionalKey(Schema.Array(Schema.Finite))
  })
)

/** @throws Error that says where a stack differs from ours */
const check = (line: string, expected: Readonly<Record<string, string>>): void => {
  const { entities, "vector of Warsaw": vector = [] } = Schema.decodeUnknownSync(Printed)(line)
  // `mini` is uncased, and some stacks give what they read.
  const lower = (pairs: ReadonlyArray<readonly [string, string]>) =>
    pairs.map(([text, type]) => [text.toLowerCase(), type])
  const [theirs, own] = [lower(entities), lower(Object.entries(expected))]
  if (!Bun.deepEquals(theirs, own))
    throw new Error(`finds ${JSON.stringify(theirs)} where ours finds ${JSON.stringify(own)}`)
  const apart = Math.max(0, ...vector.map((value, i) => Math.abs(value - ours.vector[i]!)))
  if (apart > 1e-3) throw new Error(`its vector of Warsaw is ${apart} from ours`)
}

/** The environment's Python, with the versions installed; what was cut short is gone on with. */
const pythonWith = async (name: Name, versions: ReadonlyArray<string>): Promise<string> => {
  const [python, installed] = [at(name, "bin/python"), Bun.file(at(name, "installed.txt"))]
  const wanted = versions.join("\n")
  if ((await installed.exists()) && (await installed.text()) === wanted) return python
  if (!(await Bun.file(python).exists())) await $`python3 -m venv ${at(name)}`.quiet()
  await $`${python} -m pip install --quiet ${versions}`.quiet()
  await Bun.write(installed, wanted)
  return python
}

/** No network, and the same order of sets in every run. */
const offline = { ...process.env, HF_HUB_OFFLINE: "1", TRANSFORMERS_OFFLINE: "1", PYTHONHASHSEED: "0" }
const query =
  "import importlib.metadata as m, sys; print('Python ' + sys.version.split()[0], *[n + ' ' + m.version(n) for n in sys.argv[1:]], sep=', ')"

const run = async (name: Name): Promise<string> => {
  const { finds, reads, versions } = recipes[name]
  const scratch = at(`${name}-scratch`)
  await mkdir(scratch, { recursive: true })
  const isPython = name !== "transformersJs"
  const program = isPython ? await pythonWith(name, versions) : process.execPath
  const file = join(import.meta.dir, isPython ? `${name}_recipe.py` : `${name}.ts`)
  const printed = await $`${program} ${file} ${at(reads)}`.cwd(scratch).env(offline).quiet().text()
  const head = isPython
    ? await $`${program} -c ${query} ${versions.map((version) => version.split("==")[0]!)}`.text()
    : `Bun ${Bun.version}, @huggingface/transformers 4.3.1`
  const lines = printed.split("\n").filter((line) => line.startsWith("{") && line.includes('"entities"'))
  if (lines.length === 0) throw new Error("printed no entities")
  if (isPython && !lines.every((line) => line.includes("vector of Warsaw"))) throw new Error("printed no vector")
  for (const line of lines) check(line, reads === "encoder" ? finds : ours[reads])
  await Bun.write(join(import.meta.dir, "outputs", `${name}.txt`), [head.trim(), "", ...lines, ""].join("\n"))
  return lines.join("\n")
}

const failed: Array<string> = []
for (const name of asked.length > 0 ? names.filter((name) => asked.includes(name)) : names) {
  const began = performance.now()
  console.log(`      ${name} ...`)
  try {
    const lines = await run(name)
    console.log(`ok    ${name} (${((performance.now() - began) / 1000).toFixed(0)} s)\n${lines}`)
  } catch (error) {
    failed.push(name)
    console.error(`FAIL  ${name}: ${error instanceof $.ShellError ? error.stderr.toString().trim() : error}`)
  }
}
if (failed.length > 0) console.error(`failed: ${failed.join(", ")}`)
process.exit(failed.length === 0 ? 0 : 1)
