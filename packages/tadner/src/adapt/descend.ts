import {
  adam,
  type DropoutStream,
  disposeAll,
  hostTurn,
  NonFiniteError,
  type Parameters,
  type tf,
  variableGrads
} from "@nuner/engine"
import { stopRule } from "./stopRule.ts"

export interface DescendOptions {
  /** Trained in place. */
  readonly parameters: Parameters
  readonly loss: (stream: DropoutStream) => tf.Scalar
  readonly learningRate: number
  /** The most updates. */
  readonly steps: number
  readonly patience: number
  /** Of dropout. */
  readonly seed: number
  readonly signal?: AbortSignal | undefined
}

/** How a stage of adaptation went. */
export interface Descent {
  /** Updates made. */
  readonly steps: number
  /** Of the first step, and of the last one that was computed. */
  readonly firstLoss: number
  readonly lastLoss: number
}

/**
 * Full-batch descent by Adam with a fixed rate, stopped by the rule before the update that it would make.
 *
 * @throws NonFiniteError; the signal's reason where it is aborted
 */
export const descend = async (options: DescendOptions): Promise<Descent> => {
  const { learningRate, loss, parameters, patience, seed, signal, steps } = options
  const optimizer = adam()
  const state = optimizer.init(parameters)
  const stops = stopRule(patience)
  const losses: Array<number> = []
  let made = 0
  try {
    for (; made < steps; made++) {
      signal?.throwIfAborted()
      const { grads, value } = variableGrads(() => loss({ seed, step: made }), parameters)
      try {
        const number = (await value.data())[0]!
        if (!Number.isFinite(number)) throw new NonFiniteError(made + 1, number)
        losses.push(number)
        if (stops(number)) break
        optimizer.update(parameters, grads, state, learningRate)
      } finally {
        value.dispose()
        disposeAll(grads)
      }
      await hostTurn()
    }
    return { steps: made, firstLoss: losses[0] ?? Number.NaN, lastLoss: losses.at(-1) ?? Number.NaN }
  } finally {
    disposeAll(state.tensors)
  }
}
