/**
 * What a runtime makes of a model directory: `node runtimes.mjs INPUT OUTPUT`. Writes what is encoded, predicted, learnt and pre-trained there,
 * for the same to be written by another runtime. Runs in the project that `bun run test:pack` installs the packages in.
 */
import { readFile, writeFile } from "node:fs/promises"
import { fewShot, loadClassifier } from "@nuner/classifier"
import { toSpans } from "@nuner/core"
import { encode } from "@nuner/encoder"
import { describeEngine, useEngine } from "@nuner/engine"
import { pretrain } from "@nuner/trainer"

const [input, output] = process.argv.slice(2)
const { directory, examples, texts } = JSON.parse(await readFile(input, "utf8"))
const engine = await useEngine()
const classifier = await loadClassifier(directory)
const predicted = await classifier.predict(texts)
const vectors = []
for await (const { values } of encode(classifier.encoder, texts.slice(0, 20), { pooling: "mean" }))
  vectors.push([...values])
const learnt = await fewShot({ examples, encoder: directory, mode: "probe" })
const sentences = examples.map((example, i) => {
  const { entities, text } = toSpans(example)
  return {
    id: `${i}`,
    text,
    mentions: entities.map(({ type, ...span }) => ({ ...span, concept: type, match: "exact" }))
  }
})
const losses = []
for await (const event of pretrain({
  sentences,
  text: (await loadClassifier(directory)).encoder,
  preset: "small",
  steps: 3
}))
  if (event.type === "step") losses.push(event.loss)
const result = {
  engine: engine.name,
  predicted,
  vectors,
  expected: learnt.expected?.f1,
  learnt: await learnt.predict(texts),
  losses
}
await writeFile(output, JSON.stringify(result))
console.log(describeEngine(engine))
