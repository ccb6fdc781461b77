import { type Entity, type LabelledSentence, readLabelled, rng } from "@nuner/core"
import { dataDir } from "@nuner/testing"

/** A labelled dataset to measure on: MIT Movie where the real data is, else one made by seed with its numbers. */
export const labelled = async (
  split: "train" | "test"
): Promise<{ readonly name: string; readonly sentences: ReadonlyArray<LabelledSentence> }> => {
  const directory = dataDir()
  if (directory === undefined) return { name: `made-up ${split}`, sentences: madeUp(split === "train" ? 9775 : 2443) }
  return {
    name: `MIT Movie ${split}`,
    sentences: await Array.fromAsync(readLabelled(`${directory}/few-shot/mit-movie/${split}.bio`))
  }
}

/** 12 types, the n-th about as frequent as 1 / n; 10 words and 2 entities a sentence. */
const madeUp = (size: number): Array<LabelledSentence> => {
  const random = rng("labelled")
  return Array.from({ length: size }, () => {
    const entities: Array<Entity> = []
    for (let start = random.int(5); start < 10; start += 1 + random.int(5)) {
      const end = Math.min(10, start + 1 + random.int(2))
      entities.push({ start, end, type: `T${Math.floor(12 ** random.next())}` })
      start = end
    }
    return { words: Array.from({ length: 10 }, () => `w${random.int(5000)}`), entities }
  })
}
