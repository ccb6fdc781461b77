/** Numbers that stand beside a model. */
export interface GraphWeights {
  readonly name: string
  readonly shape: ReadonlyArray<number>
  /** Float32, row-major. They must stay as they are while a session of the model lives: it reads them where they stand. */
  readonly data: Uint8Array
}

/** A network as an ONNX model. */
export interface GraphModel {
  /** The model; weights that stand beside it are external data, each at the start of a file of its own name. */
  readonly bytes: Uint8Array
  readonly weights: ReadonlyArray<GraphWeights>
  /** Names of its inputs: whole numbers (int64). */
  readonly inputs: ReadonlyArray<string>
  /** Names of its outputs: float32. */
  readonly outputs: ReadonlyArray<string>
}

/** A whole network compiled by ONNX Runtime: one call a batch. It only reads; what is trained runs on tensors. */
export interface GraphSession {
  /**
   * @param inputs by name, all of the shape `shape`; those that the network does not take are left out
   * @param outputs which ones are wanted, by their place in the model's list; all of the shape `[...shape, width]`
   * @returns the outputs in the order asked
   */
  run(
    inputs: Readonly<Record<string, Int32Array>>,
    shape: ReadonlyArray<number>,
    outputs: ReadonlyArray<number>,
    width: number
  ): Promise<Array<Float32Array>>
  /** Frees it. */
  release(): void
}

/** Compiles a network. */
export type OpenGraph = (model: GraphModel) => Promise<GraphSession>

/** What is used of ONNX Runtime's ordinary interface, the same in onnxruntime-node and onnxruntime-web. */
export interface OnnxRuntime {
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: ReadonlyArray<number>) => object
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: Readonly<Record<string, unknown>>
    ): Promise<{
      run(
        feeds: Record<string, never>,
        fetches: ReadonlyArray<string>
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
        const tensors = inputNames.map(
          (name) => [name, new Tensor("int64", BigInt64Array.from(inputs[name]!, BigInt), shape)] as const
        )
        const wanted = outputs.map((output) => outputNames[output]!)
        const results = await session.run(Object.fromEntries(tensors) as Record<string, never>, wanted)
        return wanted.map((name) => results[name]!.data as Float32Array)
      },
      release: () => void session.release()
    }
  }
