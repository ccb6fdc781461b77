// runs in CI
/**
 * Our model in transformers.js 4.3, in Node, Bun or a browser: `bun examples/recipes/transformersJs.ts [DIRECTORY]`.
 * Without a directory it writes a small random model first: the entities it finds then mean nothing.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { env, pipeline } from "@huggingface/transformers"
import { writeModel } from "./writeModel.ts"

env.allowRemoteModels = false

const given = process.argv[2]
const directory = given ?? (await mkdtemp(join(tmpdir(), "nuner-model-")))
if (given === undefined) await writeModel(directory)

for (const dtype of ["fp32", "q8"] as const) {
  const recognise = await pipeline("token-classification", directory, { dtype })
  const found = await recognise("Marie Curie was born in Warsaw.", { aggregation_strategy: "simple" })
  console.log(JSON.stringify({ dtype, entities: found.map(({ entity_group, word }) => [word, entity_group]) }))
  await recognise.dispose()
}
if (given === undefined) await rm(directory, { recursive: true })
