import type { GraphSession, OpenGraph } from "./GraphSession.ts"

/** What is used of ONNX Runtime's ordinary interface, the same in onnxruntime-node and onnxruntime-web. */
export interface OnnxRuntime {
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: readonly number[]) => object
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: Readonly<Record<string, unknown>>
    ): Promise<{
      run(
        feeds: Record<string, never>,
        fetches: readonly string[]
      ): Promise<Readonly<Record<string, { readonly data: unknown }>>>
      release(): Promise<void>
    }>
  }
}

/** Networks on ONNX Runtime's ordinary interface: Node, browsers, and systems where its library was never called directly. */
export const ordinaryGraphs =
  ({ InferenceSession, Tensor }: OnnxRuntime, threads: number): OpenGraph =>
  async ({ bytes, weights, inputs: inputNames, outputs: outputNames }): Promise<GraphSession> => {
    const session = await InferenceSession.create(bytes, {
      externalData: weights.map(({ name, data }) => ({ path: name, data })),
      ...{ intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: "all", logSeverityLevel: 4 },
      // Remembered for each combination of input shapes: with texts of all lengths that never ends.
      enableMemPattern: false
    })
    return {
      run: async (inputs, shape, outputs) => {
        const tensors = inputNames.map((name) => {
          return [name, new Tensor("int64", BigInt64Array.from(inputs[name]!, BigInt), shape)] as const
        })
        const wanted = outputs.map((output) => outputNames[output]!)
        const results = await session.run(Object.fromEntries(tensors) as Record<string, never>, wanted)
        return wanted.map((name) => results[name]!.data as Float32Array)
      },
      release: () => void session.release()
    }
  }
