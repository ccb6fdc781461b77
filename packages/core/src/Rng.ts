/**
 * The house's random numbers: the same seed gives the same sequence on every platform.
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32.
 */
export interface Rng {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number
  /** Uniform integer in [0, bound), without modulo bias. */
  int(bound: number): number
  /** Standard normal (Box-Muller). */
  normal(): number
  /** A new array in random order (Fisher-Yates). */
  shuffle<A>(items: ReadonlyArray<A>): Array<A>
  /** An independent generator, named: adding a consumer does not shift the others. */
  fork(name: string): Rng
}

/** @param seed any number or string; numbers are hashed by their decimal form. */
export const rng = (seed: number | string): Rng => {
  let h = hash32(String(seed))
  const mix = () => {
    h = (h + 0x9e3779b9) | 0
    let t = h ^ (h >>> 16)
    t = Math.imul(t, 0x21f0aaad)
    t ^= t >>> 15
    t = Math.imul(t, 0x735a2d97)
    return t ^ (t >>> 15)
  }
  const generator = generatorOf([mix(), mix(), mix(), 1])
  for (let i = 0; i < 12; i++) generator.next()
  return generator
}

const generatorOf = (state: readonly [number, number, number, number]): Rng => {
  let [a, b, c, d] = state
  const bits = (): number => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  const int = (bound: number): number => {
    if (!Number.isInteger(bound) || bound < 1 || bound > 0x1_0000_0000) {
      throw new RangeError(`Rng.int: bound must be an integer in 1..2^32, got ${bound}`)
    }
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound)
    let x = bits()
    while (x >= limit) x = bits()
    return x % bound
  }
  return {
    next: () => bits() / 0x1_0000_0000,
    int,
    normal: () => {
      const u = (bits() + 0.5) / 0x1_0000_0000
      const v = bits() / 0x1_0000_0000
      return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
    },
    shuffle: (items) => {
      const out = items.slice()
      for (let i = out.length - 1; i > 0; i--) {
        const j = int(i + 1)
        const held = out[i]!
        out[i] = out[j]!
        out[j] = held
      }
      return out
    },
    fork: (name) => rng(`${a},${b},${c},${d}/${name}`)
  }
}

/** FNV-1a over UTF-16 code units: a seed for the generator, not a fingerprint of data. */
const hash32 = (text: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h
}
