/**
 * What a runtime makes of a model directory: `node runtimes.mjs INPUT OUTPUT`. Reads what is encoded, predicted and learnt there, for the
 * same to be read by another runtime. Runs in the project that `bun run test:pack` installs the packages in.
 */
import { readFile, writeFile } from "node:fs/promises"
import { fewShot, loadClassifier } from "@nuner/classifier"
import { encode } from "@nuner/encoder"
import { describeEngine, useEngine } from "@nuner/engine"

const [input, output] = process.argv.slice(2)
const { directory, examples, texts } = JSON.parse(await readFile(input, "utf8"))
const engine = await useEngine()
const classifier = await loadClassifier(directory)
const predicted = await classifier.predict(texts)
const vectors = []
for await (const { values } of encode(classifier.encoder, texts.slice(0, 20), { pooling: "mean" }))
  vectors.push([...values])
const learnt = await fewShot({ examples, encoder: directory, mode: "probe" })
const result = {
  engine: engine.name,
  predicted,
  vectors,
  expected: learnt.expected?.f1,
  learnt: await learnt.predict(texts)
}
await writeFile(output, JSON.stringify(result))
console.log(describeEngine(engine))
