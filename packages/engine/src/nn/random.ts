import { EngineError } from "../errors.ts"
import { tf } from "../tf.ts"

/**
 * Random numbers as a function of a key and a counter (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"):
 * no state, any part of the sequence by itself, the same on every machine. The mixing function is "lowbias32"
 * (Wellons 2018), applied twice with two key words.
 */
export type RandomKey = readonly [number, number]

/** A key from a seed and a name: FNV-1a over UTF-16 code units, twice with different bases. */
export const randomKey = (...parts: ReadonlyArray<string | number>): RandomKey => {
  const text = parts.join("/")
  let [a, b] = [0x811c9dc5, 0x2f0b4c47]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x85ebca6b)
  }
  return [mix(a), mix(b)]
}

/** 32 random bits, as a signed integer. */
export const randomBits = ([a, b]: RandomKey, counter: number): number => mix(mix(counter ^ a) + b)

/** Uniform in [0, 1). */
export const randomUniform = (key: RandomKey, counter: number): number =>
  (randomBits(key, counter) >>> 0) / 0x1_0000_0000

/** Standard normal number (Box-Muller); uses counters 2n and 2n + 1. */
const randomNormal = (key: RandomKey, n: number): number => {
  const radius = Math.sqrt(-2 * Math.log(1 - randomUniform(key, 2 * n)))
  return radius * Math.cos(2 * Math.PI * randomUniform(key, 2 * n + 1))
}

/** The numbers 0..count-1 in random order (Fisher-Yates). */
export const randomOrder = (key: RandomKey, count: number): Int32Array => {
  const order = Int32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(randomUniform(key, i) * (i + 1))
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
  return order
}

const mix = (x: number): number => {
  let h = x | 0
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return h ^ (h >>> 15)
}

/** A parameter's first values depend on the model's seed and the parameter's name alone, not on the order of creation. */
export interface InitialiserKey {
  readonly seed: number
  readonly name: string
}

/** Normal numbers of mean 0; the default deviation is BERT's and RoBERTa's `initializer_range`. */
export const normalInit = (shape: ReadonlyArray<number>, key: InitialiserKey, deviation = 0.02): tf.Tensor => {
  const random = randomKey(key.seed, key.name)
  const values = Float32Array.from(
    { length: tf.util.sizeFromShape([...shape]) },
    (_, i) => deviation * randomNormal(random, i)
  )
  return tf.tensor(values, [...shape])
}

/** Normal numbers of deviation `1 / sqrt(in)` for a kernel [in, out] (LeCun 1998): what goes in at unit scale comes out so. */
export const fanInInit = (shape: ReadonlyArray<number>, key: InitialiserKey): tf.Tensor => {
  const inputs = shape[0]
  if (shape.length !== 2 || !inputs)
    throw new EngineError(`fanInInit: needs a kernel's shape [in, out], got [${shape}]`)
  return normalInit(shape, key, 1 / Math.sqrt(inputs))
}
