import { addressSum, type Code, local, loop, type as t, vector, wasmModule } from "../../simd/wasm.ts"

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

/** A compiled loop, to be run by a `VectorWorker`. */
export interface VectorLoop {
  readonly module: Uint8Array<ArrayBuffer>
  readonly operands: number
  readonly scalars: number
  /** Which operands the loop writes. */
  readonly written: readonly number[]
}

/**
 * One loop over float32 vectors of a size as WebAssembly SIMD: all operations of an element in one pass over memory, where ONNX
 * Runtime makes a pass for each. Every operation rounds as IEEE 754 says, so the numbers are those of single operations.
 */
export function vectorLoop(operands: number, scalars: number, build: (body: LoopBody) => void): VectorLoop {
  // Parameters: bytes, addresses, scalars. Locals: the counter, a vector for each scalar, kept values.
  const counter = 1 + operands + scalars
  const firstVector = counter + 1
  const locals: number[] = [t.i32, ...Array<number>(scalars).fill(t.v128)]
  const body: number[] = []
  const written: number[] = []
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
      written.push(operand)
      body.push(...vector.store(address(operand), value))
    }
  })
  const splats = Array.from({ length: scalars }, (_, i) =>
    local.set(firstVector + i, vector.splat(local.get(1 + operands + i)))
  )
  const parameters = [...Array<number>(1 + operands).fill(t.i32), ...Array<number>(scalars).fill(t.f32)]
  const module = wasmModule(parameters, locals, [...splats.flat(), ...loop(body, counter, 0)])
  return { module, operands, scalars, written }
}
