import type { RandomKey } from "../nn/counterRandom.ts"
import { type Code, local, loop, type, vector, wasmModule, whole } from "./wasm.ts"

/** Numbers that are made between two visits of JavaScript: 64 KB of the memory that the loop writes to. */
const block = 2 ** 14

// Parameters of the loop: bytes of counters, first counter, both words of the key, threshold, what a kept number is multiplied by.
const [end, first, wordA, wordB, threshold, kept] = [0, 1, 2, 3, 4, 5] as const
// Locals: bytes done, four counters, their bits, which of eight numbers stay, and vectors of parameters.
const [done, counters, bits, stays, keyA, keyB, limit, factor] = [6, 7, 8, 9, 10, 11, 12, 13] as const

/** "lowbias32" of four lanes, as `mix` of counterRandom. */
const mix = (value: Code): Code => {
  const xorShifted = (shift: number): Code => whole.xor(local.get(bits), whole.shiftRight(local.get(bits), shift))
  return [
    ...local.set(bits, value),
    ...local.set(bits, whole.mul(xorShifted(16), whole.constant([0x21f0aaad]))),
    ...local.set(bits, whole.mul(xorShifted(15), whole.constant([0x735a2d97]))),
    ...local.set(bits, xorShifted(15))
  ]
}

/** Four counters are four times 32 bits, which decide eight neighbours: 16 bits each, in the order in which they lie in memory. */
const body: Code = [
  ...mix(whole.xor(local.get(counters), local.get(keyA))),
  ...mix(whole.add(local.get(bits), local.get(keyB))),
  ...local.set(stays, whole.atLeast16(local.get(bits), local.get(limit))),
  // Two vectors of numbers for each one of counters.
  ...vector.store(twice(done), whole.and(whole.widenLow(local.get(stays)), local.get(factor))),
  ...vector.store(twice(done), whole.and(whole.widenHigh(local.get(stays)), local.get(factor)), 16),
  ...local.set(counters, whole.add(local.get(counters), whole.constant([4])))
]

function twice(index: number): Code {
  return [...local.get(index), ...local.get(index), 0x6a]
}

const compile = () => {
  const { f32, i32, v128 } = type
  const start: Code = [
    ...local.set(counters, whole.add(whole.splat(local.get(first)), whole.constant([0, 1, 2, 3]))),
    ...local.set(keyA, whole.splat(local.get(wordA))),
    ...local.set(keyB, whole.splat(local.get(wordB))),
    ...local.set(limit, whole.splat16(local.get(threshold))),
    ...local.set(factor, vector.splat(local.get(kept)))
  ]
  const locals = [i32, v128, v128, v128, v128, v128, v128, v128]
  const module = wasmModule([i32, i32, i32, i32, i32, f32], locals, [...start, ...loop(body, done, end)])
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), { engine: { memory } })
  return { run: exports.run as (...numbers: number[]) => void, made: new Float32Array(memory.buffer, 0, block) }
}

let compiled: ReturnType<typeof compile> | undefined

export interface MaskOptions {
  /** Of the 16 random bits of an element: below it the element is dropped. */
  readonly threshold: number
  /** What stands where an element is kept. */
  readonly kept: number
  /** The element of a larger mask that this one begins with. */
  readonly offset: number
}

/**
 * Fills a dropout mask with `kept` and 0. The bits of element i are those of the key's counter i >> 1: the lower half for an even i, the upper
 * one for an odd one.
 */
export function fillMask(mask: Float32Array, [a, b]: RandomKey, { kept, offset, threshold }: MaskOptions): void {
  compiled ??= compile()
  const { made, run } = compiled
  for (let at = -(offset % 2); at < mask.length; at += block) {
    const count = Math.min(block, mask.length - at)
    run(Math.ceil(count / 8) * 16, (offset + at) / 2, a, b, threshold, kept)
    const skipped = Math.max(0, -at)
    mask.set(made.subarray(skipped, count), at + skipped)
  }
}
