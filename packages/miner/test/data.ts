import { type LabelledSentence, readLabelled, rng } from "@nuner/core"

/** A sentence with this many one-word entities of each type, a word between any two. */
export const sentence = (counts: Readonly<Record<string, number>>, name = "w"): LabelledSentence => {
  const types = Object.entries(counts).flatMap(([type, count]) => Array<string>(count).fill(type))
  return {
    words: types.flatMap((type, i) => [`${name}-${type}-${i}`, "and"]),
    entities: types.map((type, i) => ({ start: 2 * i, end: 2 * i + 1, type }))
  }
}

/** Sentences with random entities of a few types, the later types the rarer; some have none. */
export const randomSentences = (seed: number, size: number, types: number, most: number): Array<LabelledSentence> => {
  const random = rng(seed)
  return Array.from({ length: size }, (_, i) => {
    const counts: Record<string, number> = {}
    for (let t = 0; t < types; t++) {
      if (random.int(t + 2) === 0) counts[`T${t}`] = 1 + random.int(most)
    }
    return sentence(counts, `s${i}`)
  })
}

export const readAll = async (path: string): Promise<Array<LabelledSentence>> => Array.fromAsync(readLabelled(path))

/** Entities of each type, counted the plain way. */
export const count = (sentences: ReadonlyArray<LabelledSentence>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { entities } of sentences) for (const { type } of entities) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

export const failure = (body: () => unknown): Error => {
  try {
    body()
  } catch (error) {
    return error as Error
  }
  throw new Error("did not fail")
}
