import { type Pointer, toArrayBuffer } from "bun:ffi"
import type { NativeBuffer } from "../BufferPool.ts"
import type { LinearMemory } from "./LinearMemory.ts"
import { addressSum, type Code, local, loop, type as t, vector, wasmModule } from "./wasm.ts"

/** Bytes of a block of an operand that lies outside the linear memory: it is copied in, worked on, and copied back. */
const block = 2 ** 16

/** Bytes of scratch that a loop of `operands` takes at most. */
export const scratchFor = (operands: number): number => operands * block

/** What a loop computes for each element. */
export interface LoopBody {
  /** The element of an operand. */
  readonly element: (operand: number) => Code
  readonly scalar: (index: number) => Code
  /** Names a result that is used more than once. */
  readonly keep: (value: Code) => Code
  /** Writes an operand's element. */
  readonly store: (operand: number, value: Code) => void
}

/**
 * One loop over float32 vectors of a size, compiled to WebAssembly SIMD: all operations of an element in one pass over memory, where
 * ONNX Runtime makes a pass for each. Every operation rounds as IEEE 754 says, so the numbers are those of single operations.
 */
export class VectorLoop {
  readonly #memory: LinearMemory
  readonly #written: ReadonlySet<number>
  readonly #run: (bytes: number, ...addressesAndScalars: number[]) => void

  constructor(memory: LinearMemory, operands: number, scalars: number, build: (body: LoopBody) => void) {
    this.#memory = memory
    // Parameters: bytes, addresses, scalars. Locals: the counter, a vector for each scalar, kept values.
    const counter = 1 + operands + scalars
    const firstVector = counter + 1
    const locals: number[] = [t.i32, ...Array<number>(scalars).fill(t.v128)]
    const body: number[] = []
    const written = new Set<number>()
    const address = (operand: number) => addressSum(local.get(1 + operand), local.get(counter))
    build({
      element: (operand) => vector.load(address(operand)),
      scalar: (index) => local.get(firstVector + index),
      keep(value) {
        const index = counter + locals.length
        locals.push(t.v128)
        body.push(...local.set(index, value))
        return local.get(index)
      },
      store(operand, value) {
        written.add(operand)
        body.push(...vector.store(address(operand), value))
      }
    })
    this.#written = written
    const splats = Array.from({ length: scalars }, (_, i) =>
      local.set(firstVector + i, vector.splat(local.get(1 + operands + i)))
    )
    const parameters = [...Array<number>(1 + operands).fill(t.i32), ...Array<number>(scalars).fill(t.f32)]
    const bytes = wasmModule(parameters, locals, [...splats.flat(), ...loop(body, counter, 0)])
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { engine: { memory: memory.memory } })
    this.#run = instance.exports.run as (...numbers: number[]) => void
  }

  /** Buffers of at least `size` numbers each, rounded up to a whole vector: what lies behind the last number may be overwritten. */
  run(buffers: readonly NativeBuffer[], size: number, scalars: readonly number[]): void {
    const bytes = size * 4
    const offsets = buffers.map(({ address }) => this.#memory.offset(address))
    if (offsets.every((offset) => offset !== undefined)) {
      this.#run(bytes, ...(offsets as number[]), ...scalars)
      return
    }
    const addresses = offsets.map((offset, i) => offset ?? i * block)
    for (let start = 0; start < bytes; start += block) {
      const length = Math.min(block, bytes - start)
      const outside = buffers.flatMap(({ address }, i) => {
        if (offsets[i] !== undefined) return []
        const there = new Uint8Array(toArrayBuffer((address + start) as Pointer, 0, length))
        return [{ i, there, here: new Uint8Array(this.#memory.memory.buffer, i * block, length) }]
      })
      for (const { there, here } of outside) here.set(there)
      this.#run(
        length,
        ...addresses.map((address, i) => (offsets[i] === undefined ? address : address + start)),
        ...scalars
      )
      for (const { i, there, here } of outside) if (this.#written.has(i)) there.set(here)
    }
  }
}
