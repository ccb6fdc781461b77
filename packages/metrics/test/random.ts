import { type Entity, type LabelledSentence, type Rng, rng } from "@nuner/core"

/** A random sentence of `length` words with entities that do not overlap. */
const sentence = (random: Rng, length: number, types: number): LabelledSentence => {
  const entities: Array<Entity> = []
  for (let at = random.int(3); at < length; at += random.int(3)) {
    const end = Math.min(length, at + 1 + random.int(3))
    entities.push({ start: at, end, type: `T${random.int(types)}` })
    at = end
  }
  return { words: Array.from({ length }, (_, i) => `w${i}`), entities }
}

/** Each entity is lost, moved, retyped or kept; some are made up. */
const noisy = (random: Rng, { words, entities }: LabelledSentence, types: number): LabelledSentence => ({
  words,
  entities: entities.flatMap(({ start, end, type }) => {
    const chance = random.int(10)
    if (chance === 0) return []
    if (chance === 1) return [{ start, end, type: `T${random.int(types)}` }]
    if (chance === 2 && end - start > 1) return [{ start, end: end - 1, type }]
    if (chance === 3 && start > 0) return [{ start: start - 1, end, type }]
    return [{ start, end, type }]
  })
})

export const randomPredictions = (seed: number, sentences = 60, types = 4) => {
  const random = rng(seed)
  const gold = Array.from({ length: sentences }, () => sentence(random, 1 + random.int(12), types))
  return { gold, predicted: gold.map((one) => noisy(random, one, types)) }
}
