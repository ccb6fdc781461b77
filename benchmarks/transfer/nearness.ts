import { AnnotatedSentence, readJsonl, typesIn } from "@nuner/core"
import { encode, loadEncoder } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { type BenchmarkInput, readDataset } from "@nuner/pipelines"

/** The annotated concept that is nearest to a type by its name. */
export interface Near {
  readonly type: string
  readonly concept: string
  /** Of the names' vectors. */
  readonly cosine: number
  /** Annotations of that concept. */
  readonly annotations: number
}

/** Concepts with fewer annotations teach nothing that could be told from chance. */
const FEWEST = 10

/**
 * For each type of each dataset the concept whose name is nearest, by mean vectors of an encoder that was trained to compare short texts.
 *
 * @returns dataset -> its types
 */
export const nearness = async (
  encoderDirectory: string,
  annotated: ReadonlyArray<string>,
  datasets: BenchmarkInput["datasets"]
): Promise<Record<string, ReadonlyArray<Near>>> => {
  const counts = new Map<string, number>()
  for (const file of annotated) {
    for await (const { annotations } of readJsonl(file, AnnotatedSentence)) {
      for (const { concept } of annotations) counts.set(concept, (counts.get(concept) ?? 0) + 1)
    }
  }
  const concepts = [...counts].filter(([, count]) => count >= FEWEST).map(([concept]) => concept)
  await useEngine()
  const encoder = await loadEncoder(encoderDirectory)
  const vectors = async (texts: ReadonlyArray<string>) => {
    const encoded = await Array.fromAsync(encode(encoder, texts, { pooling: "mean" }))
    return encoded.map(({ values }) => values.map((value) => value / Math.hypot(...values)))
  }
  try {
    const known = await vectors(concepts)
    const near: Record<string, ReadonlyArray<Near>> = {}
    for (const [name, { test }] of Object.entries(datasets)) {
      const types = typesIn(await readDataset(test))
      const asked = await vectors(types.map(words))
      near[name] = types.map((type, t) => {
        const cosines = known.map((vector) => vector.reduce((sum, value, i) => sum + value * asked[t]![i]!, 0))
        const best = cosines.reduce((a, cosine, i) => (cosine > cosines[a]! ? i : a), 0)
        const concept = concepts[best]!
        return { type, concept, cosine: cosines[best]!, annotations: counts.get(concept)! }
      })
    }
    return near
  } finally {
    encoder.dispose()
  }
}

/** A type's label as words: "RATINGS_AVERAGE", "creative-work" and "politicalparty" are written without spaces. */
const words = (type: string): string =>
  type
    .toLowerCase()
    .replaceAll(/[_-]+/g, " ")
    .replace(/^political(party)$/, "political $1")
