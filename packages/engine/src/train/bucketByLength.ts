import { EngineError } from "../EngineError.ts"
import { randomKey, randomOrder } from "../nn/counterRandom.ts"

export interface BucketOptions {
  /** Padded lengths, in tokens; an example goes to the shortest that holds it. Few shapes: less memory churn and fewer compiled kernels. */
  readonly shapes: readonly number[]
  /** Examples of a batch, whatever its length. */
  readonly rows?: number
  /** Padded tokens of a batch: short examples come in larger batches. Give this or `rows`. */
  readonly tokens?: number
  /** Another seed (for example of each epoch): other neighbours, other order. */
  readonly seed: number | string
}

/** Examples of one batch, and the length they are padded to. */
export interface LengthBatch {
  readonly indices: Int32Array
  readonly tokens: number
}

/**
 * Groups examples of like length into batches, in random order. Every example is in exactly one batch; the last batch of a shape may
 * be smaller.
 *
 * @param lengths tokens of each example
 * @throws EngineError for an example longer than the longest shape: nothing is cut
 */
export function bucketByLength(
  lengths: ArrayLike<number>,
  { shapes, rows, tokens, seed }: BucketOptions
): LengthBatch[] {
  if ((rows === undefined) === (tokens === undefined))
    throw new EngineError("bucketByLength: give either rows or tokens")
  const sorted = [...new Set(shapes)].sort((a, b) => a - b)
  const buckets = new Map<number, number[]>(sorted.map((shape) => [shape, []]))
  for (const index of randomOrder(randomKey(seed, "examples"), lengths.length)) {
    const shape = sorted.find((shape) => lengths[index]! <= shape)
    if (shape === undefined) {
      const longest = sorted.at(-1) ?? 0
      throw new EngineError(
        `bucketByLength: example ${index} has ${lengths[index]} tokens, the longest shape is ${longest}`
      )
    }
    buckets.get(shape)!.push(index)
  }
  const batches = [...buckets].flatMap(([shape, members]) => {
    const size = rows ?? Math.max(1, Math.floor(tokens! / shape))
    return Array.from({ length: Math.ceil(members.length / size) }, (_, i) => ({
      indices: Int32Array.from(members.slice(i * size, (i + 1) * size)),
      tokens: shape
    }))
  })
  return Array.from(randomOrder(randomKey(seed, "batches"), batches.length), (i) => batches[i]!)
}
