import { ptr } from "bun:ffi"
import type { GraphModel, GraphSession, OpenGraph } from "../graph/GraphSession.ts"
import { sweeper } from "../memory.ts"
import { type BufferPool, layoutOf, type NativeBuffer } from "./BufferPool.ts"
import { type Runtime, Session } from "./Runtime.ts"

/** Of all networks. */
const letGo = sweeper()

/**
 * Networks on ONNX Runtime's library itself: they share its threads with the kernels, and read weights where JavaScript has them.
 *
 * @param trim makes the C library give back what was freed inside it
 */
export const nativeGraphs =
  (runtime: Runtime, pool: BufferPool, trim: () => void): OpenGraph =>
  async (model): Promise<GraphSession> => {
    // What the library reads where JavaScript has it.
    const held: Array<unknown> = [model]
    const session = compile(runtime, model, held)
    // What was needed to compile it is several times what it keeps.
    trim()
    const { inputs: inputNames } = model
    const weights = model.weights.reduce((bytes, { data }) => bytes + data.byteLength, 0)
    return {
      run: async (inputs, shape, outputs, width) => {
        const size = shape.reduce((product, extent) => product * extent, 1)
        const taken: Array<NativeBuffer> = []
        const take = (bytes: number): NativeBuffer => {
          const buffer = pool.take(bytes)
          taken.push(buffer)
          return buffer
        }
        try {
          const given = inputNames.map((name) => {
            const buffer = take(size * 8)
            writeInt64(new Int32Array(buffer.array, 0, size * 2), inputs[name]!)
            return buffer.value(layoutOf(shape, "int64"))
          })
          const results = outputs.map(() => take(size * width * 4))
          session.run(
            given,
            results.map((buffer) => buffer.value(layoutOf([...shape, width], "float32"))),
            outputs
          )
          return results.map(({ array }) => new Float32Array(array, 0, size * width).slice())
        } finally {
          for (const buffer of taken) pool.give(buffer)
        }
      },
      release: () => {
        session.release()
        held.length = 0
        letGo(weights)
        trim()
      }
    }
  }

const compile = (runtime: Runtime, { bytes, inputs, outputs, weights }: GraphModel, held: Array<unknown>): Session => {
  const { api } = runtime
  const options = runtime.graphOptions()
  const values = weights.map(({ data, shape }) => runtime.tensor(ptr(data), data.byteLength, shape, "float32"))
  try {
    if (weights.length > 0) {
      const names = weights.map(({ name }) => Buffer.from(`${name}\0`))
      const nameTable = BigUint64Array.from(names, (name) => BigInt(ptr(name)))
      const valueTable = BigUint64Array.from(values, BigInt)
      held.push(names, nameTable, valueTable)
      api.call("AddExternalInitializers", options, ptr(nameTable), ptr(valueTable), values.length)
    }
    return new Session(runtime, bytes, inputs, outputs, options)
  } finally {
    for (const value of values) api.release("ReleaseValue", value)
    api.release("ReleaseSessionOptions", options)
  }
}

/** Whole numbers as little-endian pairs of halves. */
const writeInt64 = (halves: Int32Array, values: Int32Array): void => {
  for (let i = 0; i < values.length; i++) {
    halves[2 * i] = values[i]!
    halves[2 * i + 1] = values[i]! < 0 ? -1 : 0
  }
}
