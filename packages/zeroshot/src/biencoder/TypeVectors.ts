import { type EncoderParts, encode } from "@nuner/encoder"
import { foldConcept } from "@nuner/sampler"
import type { ZeroShotType } from "../ZeroShotModel.ts"
import type { Scorer } from "./settings.ts"

/** Types as they are called, each once, and as they are read. */
export interface ReadTypes {
  readonly names: ReadonlyArray<string>
  /** `[types, hidden]` */
  readonly vectors: Float32Array
  /** How many were given again. */
  readonly repeated: number
}

/** As many texts as are kept: a hundred megabytes at a width of 384. */
const KEPT = 2 ** 16

/** Vectors of types from the concept encoder, kept once they were computed. */
export class TypeVectors {
  readonly #concept: EncoderParts
  readonly #scorer: Scorer
  readonly #known = new Map<string, Float32Array>()

  constructor(concept: EncoderParts, scorer: Scorer) {
    this.#concept = concept
    this.#scorer = scorer
  }

  /** Names are folded as those of concepts are in training (lower case, single spaces). A type with several phrasings is their mean. */
  async read(types: ReadonlyArray<ZeroShotType>): Promise<ReadTypes> {
    const phrasings = new Map<string, ReadonlyArray<string>>()
    for (const type of types) {
      const { name, read } = typeof type === "string" ? { name: type, read: type } : type
      if (!phrasings.has(name)) phrasings.set(name, [read].flat().map(foldConcept))
    }
    const known = await this.#vectorsOf([...new Set([...phrasings.values()].flat())])
    const { hidden } = this.#concept.config
    const vectors = new Float32Array(phrasings.size * hidden)
    for (const [row, texts] of [...phrasings.values()].entries()) {
      for (const text of texts) {
        const vector = known.get(text)!
        for (let i = 0; i < hidden; i++) vectors[row * hidden + i]! += vector[i]! / texts.length
      }
    }
    const rows = this.#scorer.similarity === "cosine" ? unitRows(vectors, hidden) : vectors
    return { names: [...phrasings.keys()], vectors: rows, repeated: types.length - phrasings.size }
  }

  async #vectorsOf(texts: ReadonlyArray<string>): Promise<ReadonlyMap<string, Float32Array>> {
    const { conceptPooling: pooling, similarity } = this.#scorer
    const vectors = new Map<string, Float32Array>()
    for (const text of texts) {
      const known = this.#known.get(text)
      if (known !== undefined) vectors.set(text, known)
    }
    const unknown = texts.filter((text) => !vectors.has(text))
    for await (const { text, values } of encode(this.#concept, unknown, { pooling })) {
      vectors.set(text, similarity === "cosine" ? unitRows(values, values.length) : values)
    }
    if (this.#known.size > KEPT) this.#known.clear()
    for (const text of unknown) this.#known.set(text, vectors.get(text)!)
    return vectors
  }
}

/** Each row of `[rows, width]` divided by its length. */
export const unitRows = (values: Float32Array, width: number): Float32Array => {
  const units = values.slice()
  for (let from = 0; from < units.length; from += width) {
    const row = units.subarray(from, from + width)
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 1e-12))
    for (let i = 0; i < width; i++) row[i]! /= length
  }
  return units
}
