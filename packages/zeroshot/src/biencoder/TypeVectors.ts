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
    await this.#compute([...new Set([...phrasings.values()].flat())].filter((text) => !this.#known.has(text)))
    const { hidden } = this.#concept.config
    const vectors = new Float32Array(phrasings.size * hidden)
    for (const [row, texts] of [...phrasings.values()].entries()) {
      for (const text of texts) {
        const vector = this.#known.get(text)!
        for (let i = 0; i < hidden; i++) vectors[row * hidden + i]! += vector[i]! / texts.length
      }
    }
    if (this.#scorer.similarity === "cosine") toUnitRows(vectors, hidden)
    if (this.#known.size > KEPT) this.#known.clear()
    return { names: [...phrasings.keys()], vectors, repeated: types.length - phrasings.size }
  }

  async #compute(texts: ReadonlyArray<string>): Promise<void> {
    for await (const { text, values } of encode(this.#concept, texts, { pooling: this.#scorer.conceptPooling })) {
      if (this.#scorer.similarity === "cosine") toUnitRows(values, values.length)
      this.#known.set(text, values)
    }
  }
}

/** Each row of `[rows, width]` divided by its length. */
export const toUnitRows = (values: Float32Array, width: number): void => {
  for (let from = 0; from < values.length; from += width) {
    const row = values.subarray(from, from + width)
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 1e-12))
    for (let i = 0; i < width; i++) row[i]! /= length
  }
}
