/** How far each sentence is from all that were answered: 1 - the largest cosine, 1 where nothing was. In [0, 2]. */
export class Diversity {
  readonly #vectors: Float32Array // [sentences, width]
  readonly #width: number
  /** Largest cosine with an answered sentence. */
  readonly #nearest: Float32Array

  /** @param vectors unit vectors, `[sentences, width]` */
  constructor(vectors: Float32Array, width: number) {
    this.#vectors = vectors
    this.#width = width
    this.#nearest = new Float32Array(width === 0 ? 0 : vectors.length / width)
  }

  /** What lies near this sentence is of less use from now on. */
  add(sentence: number): void {
    const [vectors, width] = [this.#vectors, this.#width]
    const own = vectors.subarray(sentence * width, (sentence + 1) * width)
    for (let i = 0, at = 0; i < this.#nearest.length; i++, at += width) {
      let cosine = 0
      for (let j = 0; j < width; j++) cosine += vectors[at + j]! * own[j]!
      if (cosine > this.#nearest[i]!) this.#nearest[i] = cosine
    }
  }

  of(sentence: number): number {
    return 1 - this.#nearest[sentence]!
  }

  copy(): Diversity {
    const other = new Diversity(this.#vectors, this.#width)
    other.#nearest.set(this.#nearest)
    return other
  }
}
