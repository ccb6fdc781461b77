import { compileGraph, compilesGraphs, type GraphSession, type markOf, type Parameters } from "@nuner/engine"
import type { EncoderConfig } from "../config/EncoderConfig.ts"
import type { WeightNumbers } from "../export/onnx/Weights.ts"
import { parameterSpecs } from "../model/parameterSpecs.ts"
import type { TokenBatch } from "../model/TokenBatch.ts"
import { readStates, statesModel } from "./states.ts"

/** Reads with an encoder's network compiled as a whole, which is done once, when it is first asked to. */
export interface Inference {
  /**
   * Hidden states, for each asked layer one list of numbers `[rows, tokens, hidden]`. Undefined where tensors must do it: on an engine that
   * compiles no networks, beside adapters, and once an optimizer has written into the weights.
   */
  states(batch: TokenBatch, layers: ReadonlyArray<number>): Promise<Array<Float32Array> | undefined>
  /** Frees the compiled network. */
  dispose(): void
}

type Mark = ReturnType<typeof markOf>

/**
 * @param weights as they are now
 * @param mark what their numbers are known by now
 */
export const inferenceOf = (
  config: EncoderConfig,
  weights: () => Parameters | Readonly<Record<string, WeightNumbers>>,
  mark: () => Mark
): Inference => {
  const plain = parameterSpecs(config).length
  let compiled: { readonly session: Promise<GraphSession>; readonly of: Mark; ready?: GraphSession } | undefined
  const dispose = () => {
    const released = compiled
    compiled = undefined
    // At once, where it can be: what comes next may need the memory.
    if (released?.ready) released.ready.release()
    else
      released?.session.then(
        (session) => session.release(),
        () => {}
      )
  }
  return {
    states: async (batch, layers) => {
      const adapted = Object.keys(weights()).length !== plain
      const now = !adapted && (await compilesGraphs()) ? mark() : undefined
      if (!sameMark(compiled?.of, now)) dispose()
      if (now === undefined) return undefined
      compiled ??= { session: statesModel(config, weights()).then(compileGraph), of: now }
      const own = compiled
      own.ready = await own.session
      return readStates(own.ready, config, batch, layers)
    },
    dispose
  }
}

const sameMark = (a: Mark, b: Mark): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((one, i) => one === b[i])
