import { rng } from "@nuner/core"
import type { ConceptFrequencies } from "@nuner/sampler"

/** Draws concepts as the sentences have them, frequent ones often; which ones follows from the seed and the name of a batch. */
export const conceptDrawer = ({ concepts, total }: ConceptFrequencies, count: number, seed: number) => {
  const ends = new Float64Array(concepts.length)
  let sum = 0
  for (const [i, concept] of concepts.entries()) {
    sum += concept.count
    ends[i] = sum
  }
  return (name: string): Array<string> => {
    const random = rng(seed).fork(`concepts ${name}`)
    return Array.from({ length: count }, () => {
      const at = random.int(total)
      let [low, high] = [0, ends.length - 1]
      while (low < high) {
        const middle = (low + high) >> 1
        if (ends[middle]! <= at) low = middle + 1
        else high = middle
      }
      return concepts[low]!.concept
    })
  }
}
