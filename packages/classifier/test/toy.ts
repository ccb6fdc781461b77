import { type LabelledSentence, rng } from "@nuner/core"
import { type Encoder, randomEncoder, small, trainByteLevelBpe } from "@nuner/encoder"
import { testEngine } from "@nuner/testing"

await testEngine()

const names = ["Alma", "Boris", "Chidi", "Dana", "Emeka", "Freya", "Goran", "Hana"]
const places = ["Oslo", "Lagos", "Quito", "Perth", "Turin", "Kyoto", "Split", "Accra"]
const fillers = [
  "the",
  "train",
  "left",
  "early",
  "today",
  "while",
  "people",
  "waited",
  "near",
  "a",
  "quiet",
  "river",
  ",",
  ".",
  "😀"
]

/**
 * Sentences whose labels are decided by the words alone: eight names, eight places (with "New" before them: two words),
 * fillers.
 */
export const toySentences = (count: number, seed: number, shortest = 5): Array<LabelledSentence> => {
  const random = rng(seed)
  const pick = (from: ReadonlyArray<string>) => from[random.int(from.length)]!
  return Array.from({ length: count }, (_, n) => {
    const words = [pick(fillers)] // a first word has no space before it: other sub-tokens
    const entities: Array<LabelledSentence["entities"][number]> = []
    const add = (type: string, ...more: Array<string>) => {
      entities.push({ start: words.length, end: words.length + more.length, type })
      words.push(...more)
    }
    const length = shortest + random.int(6)
    while (words.length < length) {
      const chance = random.next()
      const previous = entities.at(-1)
      const free = previous === undefined || previous.end < words.length
      if (chance < 0.15 && free) add("person", pick(names))
      else if (chance < 0.3 && free) add("place", ...(random.next() < 0.4 ? ["New", pick(places)] : [pick(places)]))
      else words.push(pick(fillers))
    }
    return { id: `toy-${seed}-${n}`, words, entities }
  })
}

const tokenizer = await trainByteLevelBpe(
  [...toySentences(300, 9)].map(({ words }) => words.join(" ")),
  { vocabSize: 600 }
)

/** A random encoder of a hundred thousand numbers or so; its vocabulary holds every word of the sentences whole. */
export const toyEncoder = (overrides: Parameters<typeof small>[0] = {}, seed = 1): Encoder =>
  randomEncoder(
    small({ hidden: 64, layers: 2, heads: 2, feedForward: 64, positions: 34, initializerRange: 0.1, ...overrides }),
    tokenizer,
    seed
  )
