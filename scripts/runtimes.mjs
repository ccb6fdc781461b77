/**
 * What a runtime makes of a model directory: `node runtimes.mjs INPUT OUTPUT`. Writes what is encoded, predicted, learnt, tuned and pre-trained there,
 * for the same to be written by another runtime. Runs in the project that `bun run test:pack` installs the packages in.
 */
import { readFile, writeFile } from "node:fs/promises"
import { fewShot, fineTune, loadClassifier } from "@nuner/classifier"
import { toSpans } from "@nuner/core"
import { encode } from "@nuner/encoder"
import { describeEngine, useEngine } from "@nuner/engine"
import { TadNer, trainSource } from "@nuner/tadner"
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
const fresh = async () => (await loadClassifier(directory)).encoder

/** The losses of a training, and what its last event brings. */
const follow = async (events) => {
  const losses = []
  for await (const event of events) {
    if (event.type === "step") losses.push(event.loss)
    if (event.type === "done") return { losses, done: event }
  }
}
const pretrained = await follow(pretrain({ sentences, text: await fresh(), preset: "small", steps: 3 }))
const tuned = await follow(fineTune({ encoder: await fresh(), train: examples, epochs: 1 }))
const source = await follow(trainSource({ encoder: await fresh(), sentences: examples, epochs: 2 }))
const tadner = await TadNer.fit(examples.slice(0, 6), { model: source.done.model, steps: 5, phi: "last" })
const result = {
  engine: engine.name,
  predicted,
  vectors,
  expected: learnt.expected?.f1,
  learnt: await learnt.predict(texts),
  losses: [pretrained, tuned, source].map(({ losses }) => losses),
  tuned: await tuned.done.classifier.predict(texts),
  tadner: await tadner.predict(texts)
}
await writeFile(output, JSON.stringify(result))
console.log(describeEngine(engine))
