import { type Entity, type Episode, type LabelledSentence, rng } from "@nuner/core"
import { type Encoder, randomEncoder, small, trainByteLevelBpe } from "@nuner/encoder"
import { type TadNerModel, trainSource } from "@nuner/tadner"

/** Types whose words begin alike, so that a tiny encoder can learn them. */
const beginnings: Readonly<Record<string, string>> = {
  person: "Mac",
  city: "Vil",
  drug: "Ox",
  animal: "Zu",
  color: "Kri"
}
const stems = ["bar", "tam", "lor", "gin", "mel", "dur", "fan", "kes"]
const others = ["the", "saw", "and", "went", "to", "with", "a", "then", "near", "some"]

/** Sentences of 5 to 8 words, one or two of which are entities of some of the types. */
export const toySentences = (
  count: number,
  types: ReadonlyArray<string>,
  seed: number | string
): Array<LabelledSentence> => {
  const random = rng(`toy/${seed}`)
  const pick = (list: ReadonlyArray<string>) => list[random.int(list.length)]!
  return Array.from({ length: count }, (): LabelledSentence => {
    const words: Array<string> = []
    const entities: Array<Entity> = []
    const at = [random.int(3), 4 + random.int(2)]
    for (let i = 0; i < 7; i++) {
      if (at.includes(i)) {
        const type = pick(types)
        entities.push({ start: words.length, end: words.length + 1, type })
        words.push(beginnings[type]! + pick(stems))
      } else words.push(pick(others))
    }
    return { words, entities }
  })
}

/** Two layers of 32 over a byte-level BPE; 62 tokens of text at most. */
export const tinyEncoder = async (): Promise<Encoder> => {
  const texts = toySentences(200, Object.keys(beginnings), "bpe").map(({ words }) => words.join(" "))
  const tokenizer = await trainByteLevelBpe([...texts, ...Object.keys(beginnings)], { vocabSize: 340 })
  const config = small({ hidden: 32, layers: 2, heads: 2, positions: 66, initializerRange: 0.15 })
  return randomEncoder(config, tokenizer, 1)
}

/** A model that was trained on persons, cities and drugs. */
export const toyModel = async (encoder: Encoder, options: object = {}): Promise<TadNerModel> => {
  const sentences = toySentences(128, ["person", "city", "drug"], "source")
  const settings = { epochs: 8, batchSize: 16, learningRate: 3e-3, ...options }
  for await (const event of trainSource({ encoder, sentences, ...settings }))
    if (event.type === "done") return event.model
  throw new Error("source training gave no model")
}

/** Two-way episodes over types that the model has never seen. */
export const toyEpisodes = (count: number, seed = "episodes"): Array<Episode> =>
  Array.from({ length: count }, (_, i) => ({
    types: ["animal", "color"],
    support: toySentences(4, ["animal", "color"], `${seed}/${i}/support`),
    query: toySentences(4, ["animal", "color"], `${seed}/${i}/query`)
  }))
