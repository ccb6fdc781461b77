import type { GraphSession, OpenGraph } from "../graph/GraphSession.ts"
import type { BufferPool, NativeBuffer } from "./BufferPool.ts"
import type { Runtime } from "./Runtime.ts"
import { Session } from "./Session.ts"

/** Networks on ONNX Runtime's library itself: they share its threads with the kernels. */
export const nativeGraphs =
  (runtime: Runtime, pool: BufferPool): OpenGraph =>
  async ({ bytes, write, inputs: inputNames, outputs: outputNames }): Promise<GraphSession> => {
    const memory = pool.take(bytes)
    let session: Session
    try {
      const model = new Uint8Array(memory.array, 0, bytes)
      await write(model)
      session = new Session(runtime, model, inputNames, outputNames, runtime.graphOptions)
    } finally {
      pool.give(memory)
    }
    return {
      run: async (inputs, shape, outputs, width) => {
        const size = shape.reduce((product, extent) => product * extent, 1)
        const taken: NativeBuffer[] = []
        const take = (bytes: number): NativeBuffer => {
          const buffer = pool.take(bytes)
          taken.push(buffer)
          return buffer
        }
        try {
          const given = inputNames.map((name) => {
            const buffer = take(size * 8)
            writeInt64(new Int32Array(buffer.array, 0, size * 2), inputs[name]!)
            return buffer.value(shape, "int64")
          })
          const results = outputs.map(() => take(size * width * 4))
          session.run(
            given,
            results.map((buffer) => buffer.value([...shape, width], "float32")),
            outputs
          )
          return results.map(({ array }) => new Float32Array(array, 0, size * width).slice())
        } finally {
          for (const buffer of taken) pool.give(buffer)
        }
      },
      release: () => session.release()
    }
  }

/** Whole numbers as little-endian pairs of halves. */
function writeInt64(halves: Int32Array, values: Int32Array): void {
  for (let i = 0; i < values.length; i++) {
    halves[2 * i] = values[i]!
    halves[2 * i + 1] = values[i]! < 0 ? -1 : 0
  }
}
