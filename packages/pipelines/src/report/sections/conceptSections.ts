import { readFileSync } from "node:fs"
import { wordFeatures } from "@nuner/classifier"
import { words } from "@nuner/core"
import { loadEncoder } from "@nuner/encoder"
import { useEngine } from "@nuner/engine"
import { type Concept, conceptMap, figure, lineChart, placeConcepts, type Section } from "@nuner/report"
import type { ProgressUpdate } from "../../services/Progress.ts"

/** How often concepts occur (the paper's Figure 4), and, with a concept encoder, where they lie (Figure 6). */
export const conceptSections = async (
  path: string,
  encoder: string | undefined,
  { signal, update }: { readonly signal: AbortSignal; readonly update: (update: ProgressUpdate) => void }
): Promise<Array<Section>> => {
  const concepts = readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Concept & { readonly concept?: string })
    .map(({ concept, count, name }) => ({ name: name ?? concept!, count }))
    .toSorted((a, b) => b.count - a.count)
  const points = concepts.map(({ count }, i) => ({ x: Math.log10(i + 1), y: Math.log10(count) }))
  // A few hundred points draw the same line as all of them.
  const every = Math.max(1, Math.floor(points.length / 400))
  const sections: Array<Section> = [
    {
      title: "Concepts",
      body: [
        figure(
          `${concepts.length} concepts, ${concepts.filter(({ count }) => count === 1).length} of them once`,
          lineChart({
            ...{ title: "frequency of concepts by rank", x: "rank (log10)", y: "frequency (log10)" },
            lines: [{ name: "concepts", points: points.filter((_, i) => i < 50 || i % every === 0) }]
          })
        )
      ]
    }
  ]
  if (encoder === undefined) return sections
  const vectors = await conceptVectors(encoder, concepts, signal)
  const onProgress = ({ done, of }: { readonly done: number; readonly of: number }) =>
    update({ stage: "report", done, total: of, note: "map of concepts" })
  const placed = await placeConcepts({ concepts, vectors, seed: 0, signal, onProgress })
  return [...sections, { title: "Map of concepts", body: [conceptMap(placed)] }]
}

/** A vector a name: the mean of its words' vectors. */
const conceptVectors = async (
  directory: string,
  concepts: ReadonlyArray<Concept>,
  signal: AbortSignal
): Promise<Float32Array> => {
  await useEngine()
  const encoder = await loadEncoder(directory)
  try {
    const names = concepts.map(({ name }) => words(name).map(({ word }) => word))
    const { starts, values, width } = await wordFeatures(encoder, names, { pooling: "mean", signal })
    const vectors = new Float32Array(concepts.length * width)
    for (let i = 0; i < concepts.length; i++) {
      const [from, to] = [starts[i]!, starts[i + 1]!]
      for (let word = from; word < to; word++) {
        for (let j = 0; j < width; j++) vectors[i * width + j]! += values[word * width + j]! / (to - from)
      }
    }
    return vectors
  } finally {
    encoder.dispose()
  }
}
