import { ptr } from "bun:ffi"
import { EngineError } from "../EngineError.ts"
import type { Handle } from "./OrtApi.ts"
import type { Runtime } from "./Runtime.ts"

/** A compiled graph. Inputs and outputs are values over memory of ours, given in the order of the names. */
export class Session {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly #runtime: Runtime
  readonly #run: ReturnType<Runtime["api"]["raw"]>
  readonly #names: Buffer[] = []
  readonly #inputNames: BigUint64Array
  readonly #outputNames: BigUint64Array
  readonly #inputValues: BigUint64Array
  readonly #outputValues: BigUint64Array
  /** Names of the outputs that a run asks for. */
  readonly #asked: BigUint64Array
  readonly #pointers: readonly [Handle, Handle, Handle, Handle]
  #handle: Handle | undefined

  /** @throws EngineError where ONNX Runtime refuses the model. */
  constructor(
    runtime: Runtime,
    model: Uint8Array,
    inputs: readonly string[],
    outputs: readonly string[],
    options: Handle = runtime.sessionOptions
  ) {
    this.#runtime = runtime
    this.#run = runtime.api.raw("Run")
    this.inputs = inputs
    this.outputs = outputs
    const { api, environment } = runtime
    this.#handle = api.create("CreateSessionFromArray", environment, ptr(model), model.byteLength, options)
    this.#inputNames = this.#nameTable(inputs)
    this.#outputNames = this.#nameTable(outputs)
    // ptr() refuses an empty array, and a graph of constants has no inputs.
    this.#inputValues = new BigUint64Array(Math.max(1, inputs.length))
    this.#outputValues = new BigUint64Array(outputs.length)
    this.#asked = this.#outputNames.slice()
    this.#pointers = [ptr(this.#inputNames), ptr(this.#inputValues), ptr(this.#asked), ptr(this.#outputValues)]
  }

  /**
   * Runs the graph; results are written into the memory under `outputs`.
   *
   * @param which of the outputs are wanted. Default: all
   */
  run(inputs: readonly Handle[], outputs: readonly Handle[], which?: readonly number[]): void {
    if (this.#handle === undefined) throw new EngineError("This session was released")
    if (which) for (const [i, output] of which.entries()) this.#asked[i] = this.#outputNames[output]!
    for (let i = 0; i < inputs.length; i++) this.#inputValues[i] = BigInt(inputs[i]!)
    for (let i = 0; i < outputs.length; i++) this.#outputValues[i] = BigInt(outputs[i]!)
    const [inputNames, inputValues, outputNames, outputValues] = this.#pointers
    const status = this.#run(
      this.#handle,
      null,
      inputNames,
      inputValues,
      this.inputs.length,
      outputNames,
      outputs.length,
      outputValues
    )
    if (status !== null) this.#runtime.api.check(status)
  }

  release(): void {
    if (this.#handle !== undefined) this.#runtime.api.release("ReleaseSession", this.#handle)
    this.#handle = undefined
  }

  #nameTable(names: readonly string[]): BigUint64Array {
    const table = new BigUint64Array(Math.max(1, names.length))
    for (const [i, name] of names.entries()) {
      const bytes = Buffer.from(`${name}\0`)
      this.#names.push(bytes)
      table[i] = BigInt(ptr(bytes))
    }
    return table
  }
}
