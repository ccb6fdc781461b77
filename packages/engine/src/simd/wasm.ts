/** Instructions of WebAssembly and its 128-bit vectors (four float32), as bytes. An expression leaves its result on the stack. */
export type Code = readonly number[]

const simd = (operation: number): Code => [0xfd, ...unsigned(operation)]
const alignment = 4

export const vector = {
  load: (address: Code): Code => [...address, ...simd(0x00), alignment, 0],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...simd(0x0b),
    alignment,
    ...unsigned(offset)
  ],
  splat: (scalar: Code): Code => [...scalar, ...simd(0x13)],
  sqrt: (a: Code): Code => [...a, ...simd(0xe3)],
  add: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe4)],
  sub: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe5)],
  mul: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe6)],
  div: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe7)]
} as const

/** Vectors of four 32-bit whole numbers; `16` are eight of half the width. */
export const whole = {
  splat: (scalar: Code): Code => [...scalar, ...simd(0x11)],
  splat16: (scalar: Code): Code => [...scalar, ...simd(0x10)],
  /** One number for all lanes, or four. */
  constant: (lanes: readonly number[]): Code => {
    const four = Int32Array.from({ length: 4 }, (_, i) => lanes[i % lanes.length]!)
    return [...simd(0x0c), ...new Uint8Array(four.buffer)]
  },
  add: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xae)],
  mul: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xb5)],
  and: (a: Code, b: Code): Code => [...a, ...b, ...simd(0x4e)],
  xor: (a: Code, b: Code): Code => [...a, ...b, ...simd(0x51)],
  /** Unsigned, by less than 64. */
  shiftRight: (a: Code, bits: number): Code => [...a, 0x41, bits, ...simd(0xad)],
  /** All ones where a >= b, unsigned; else 0. */
  atLeast16: (a: Code, b: Code): Code => [...a, ...b, ...simd(0x36)],
  /** The lower, and the upper, four of eight, their signs kept. */
  widenLow: (a: Code): Code => [...a, ...simd(0xa7)],
  widenHigh: (a: Code): Code => [...a, ...simd(0xa8)]
} as const

export const local = {
  get: (index: number): Code => [0x20, ...unsigned(index)],
  set: (index: number, value: Code): Code => [...value, 0x21, ...unsigned(index)]
} as const

export const addressSum = (a: Code, b: Code): Code => [...a, ...b, 0x6a]

/** Runs `body`, adds 16 to the local `counter`, and again while it is below the local `end`. */
export function loop(body: Code, counter: number, end: number): Code {
  const [block, void_, i32Const, i32Add, i32Below, tee, branchIf, close] = [
    0x03, 0x40, 0x41, 0x6a, 0x49, 0x22, 0x0d, 0x0b
  ]
  const next = [...local.get(counter), i32Const, 16, i32Add, tee, ...unsigned(counter)]
  return [block!, void_!, ...body, ...next, ...local.get(end), i32Below!, branchIf!, 0, close!]
}

export const type = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const

/** A module with one function "run" over the shared memory that is imported as "memory" of "engine". */
export function wasmModule(
  parameters: readonly number[],
  locals: readonly number[],
  body: Code
): Uint8Array<ArrayBuffer> {
  const [shared, mostPages] = [0x03, 65_536]
  const functionBody = [...list(locals.map((type) => [1, type])), ...body, 0x0b]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [[0x60, ...list(parameters.map((type) => [type])), 0]]),
    ...section(2, [[...name("engine"), ...name("memory"), 0x02, shared, 1, ...unsigned(mostPages)]]),
    ...section(3, [[0]]),
    ...section(7, [[...name("run"), 0x00, 0]]),
    ...section(10, [[...unsigned(functionBody.length), ...functionBody]])
  ])
}

const section = (id: number, items: readonly Code[]): Code => {
  const content = list(items)
  return [id, ...unsigned(content.length), ...content]
}

const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()]

const name = (text: string): Code => list([...text].map((letter) => [letter.charCodeAt(0)]))

/** LEB128. */
function unsigned(value: number): Code {
  const bytes: number[] = []
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80)
  return [...bytes, value]
}
