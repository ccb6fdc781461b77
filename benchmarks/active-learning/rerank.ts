/**
 * How long an answer takes over cached sentences, refit and new order: `bun benchmarks/active-learning/rerank.ts [SENTENCES]`. Vectors are random
 * around a centre a class, 384 wide, 15 words a sentence; processor time, the median of ten answers after fifty.
 */
import { rng } from "@nuner/core"
import { useEngine } from "@nuner/engine"
import { Learner } from "@nuner/review"
import { median } from "../support/median.ts"

const count = Number(process.argv[2] ?? 10_000)
const [words, width, classes] = [15, 384, 5]
await useEngine()
const random = rng(0)
const kinds = Uint8Array.from({ length: count * words }, () => (random.next() < 0.8 ? 0 : 1 + random.int(classes - 1)))
const values = new Float32Array(count * words * width)
for (let word = 0; word < kinds.length; word++) {
  for (let j = 0; j < width; j++) {
    values[word * width + j] = random.next() - 0.5 + (j % classes === kinds[word] ? 0.1 : 0)
  }
}
const starts = Int32Array.from({ length: count + 1 }, (_, i) => i * words)
const pool = Array.from({ length: count }, () => ({ words: Array<string>(words).fill("w") }))
const learner = new Learner(pool, { values, starts, width })
const types = Array.from({ length: classes - 1 }, (_, i) => `T${i + 1}`)
const entities = (sentence: number) =>
  Array.from({ length: words }, (_, i) => kinds[sentence * words + i]!).flatMap((kind, i) =>
    kind === 0 ? [] : [{ start: i, end: i + 1, type: `T${kind}` }]
  )

const times: Array<{ refit: number; order: number }> = []
let next = learner.next(1, () => true)
for (let answers = 1; answers <= 60; answers++) {
  learner.answer(next[0]!, entities(next[0]!))
  const started = process.cpuUsage()
  learner.refit(types)
  const refit = process.cpuUsage(started)
  const ordering = process.cpuUsage()
  next = learner.next(1, () => true)
  const order = process.cpuUsage(ordering)
  if (answers > 50) times.push({ refit: refit.user + refit.system, order: order.user + order.system })
}
const milliseconds = (of: (time: (typeof times)[number]) => number) => (median(times.map(of)) / 1000).toFixed(0)
console.log(
  `${count} sentences: refit ${milliseconds(({ refit }) => refit)} ms, new order ${milliseconds(({ order }) => order)} ms`
)
