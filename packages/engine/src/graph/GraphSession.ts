/** Numbers that stand beside a model. */
export interface GraphWeights {
  readonly name: string
  readonly shape: readonly number[]
  /** Float32, row-major. They must stay as they are while a session of the model lives: it reads them where they stand. */
  readonly data: Uint8Array
}

/** A network as an ONNX model. */
export interface GraphModel {
  /** The model; weights that stand beside it are external data, each at the start of a file of its own name. */
  readonly bytes: Uint8Array
  readonly weights: readonly GraphWeights[]
  /** Names of its inputs: whole numbers (int64). */
  readonly inputs: readonly string[]
  /** Names of its outputs: float32. */
  readonly outputs: readonly string[]
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
    shape: readonly number[],
    outputs: readonly number[],
    width: number
  ): Promise<Array<Float32Array>>
  /** Frees it. */
  release(): void
}

/** Compiles a network. */
export type OpenGraph = (model: GraphModel) => Promise<GraphSession>
