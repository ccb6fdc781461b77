/**
 * A review of made-up sentences in a process of its own: `bun desk.ts FOLDER [SENTENCES]`. Prints its URL, then serves until it is killed.
 */
import { wordFeatures } from "@nuner/classifier"
import { type LabelledSentence, rng, words } from "@nuner/core"
import { randomEncoder, small, trainByteLevelBpe } from "@nuner/encoder"
import { testEngine } from "@nuner/testing"
import { Review, type ReviewInput } from "../../src/Review.ts"
import { serveReview } from "../../src/server/serveReview.ts"

/** What a page may get wrong: a script, right to left, no spaces, emoji of several code points. */
export const special = [
  'Zoe <script>window.broken = true</script> & <img src=x onerror="window.broken = true"> Paris',
  "سافر أحمد إلى القاهرة أمس",
  "田中さんは東京に住んでいます",
  "Mia 👩‍👩‍👧 moved to Lima 🇵🇪 today"
]

const [people, towns, verbs] = [
  ["Ada", "Emmy", "Carl", "Blaise", "Sofia"],
  ["Oslo", "Lima", "Paris", "Cairo", "Quito"],
  ["saw", "left", "liked", "drew", "crossed"]
]

export const sentenceOf = (text: string): LabelledSentence => {
  const offsets = words(text)
  return { text, offsets, words: offsets.map(({ word }) => word), entities: [] }
}

export const madeTexts = (count: number): Array<string> => {
  const random = rng(7)
  const pick = (from: ReadonlyArray<string>) => from[random.int(from.length)]!
  return Array.from({ length: count }, (_, i) => `${pick(people)} ${pick(verbs)} ${pick(towns)} on day ${i} .`)
}

/** A review with a tiny encoder. */
export const openReview = async (
  folder: string,
  sentences: ReadonlyArray<LabelledSentence>,
  options: Partial<ReviewInput> = {}
): Promise<Review> => {
  await testEngine()
  const texts = sentences.slice(0, 60).map(({ words }) => words.join(" "))
  const tokenizer = await trainByteLevelBpe([...texts, ...texts], { vocabSize: 500 })
  const shape = { hidden: 32, layers: 1, heads: 2, feedForward: 32, positions: 130, initializerRange: 0.1 }
  const encoder = randomEncoder(small(shape), tokenizer, 1)
  const features = await wordFeatures(encoder, sentences, { pooling: "mean" })
  const types = ["person", "town"]
  return Review.open({ folder, sentences, features, pooling: "mean", encoder, types, ...options })
}

if (import.meta.main) {
  const [folder, count = "60"] = process.argv.slice(2)
  const texts = [...special, ...madeTexts(Number(count) - special.length)]
  const review = await openReview(folder!, texts.map(sentenceOf), { strategy: "order", heldOut: 0 })
  const { url } = await serveReview(review, 0)
  console.log(url)
}
