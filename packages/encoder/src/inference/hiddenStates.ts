import { forward } from "../model/forward.ts"
import type { Model } from "../model/Model.ts"
import type { TokenBatch } from "../model/TokenBatch.ts"

/**
 * Hidden states of an encoder that is read, not trained, as plain numbers `[rows, tokens, width]`: those of the asked layers side by
 * side, `width` is `layers.length` times the hidden size. Through its network compiled as a whole where it can be had, else through
 * `forward`; vectors at padding mean nothing.
 *
 * @throws OptionError as `forward`
 */
export const hiddenStates = async (
  model: Model,
  batch: TokenBatch,
  layers: ReadonlyArray<number> = [-1]
): Promise<Float32Array> => {
  const states = (await model.inference?.states(batch, layers)) ?? (await readForward(model, batch, layers))
  return beside(states, model.config.hidden)
}

const readForward = async (
  model: Model,
  batch: TokenBatch,
  layers: ReadonlyArray<number>
): Promise<Array<Float32Array>> => {
  const states = forward(model, batch, { layers })
  try {
    return await Promise.all(states.map(async (state) => (await state.data()) as Float32Array))
  } finally {
    for (const state of states) state.dispose()
  }
}

/** Rows of `hidden` numbers of each state, one after the other. */
const beside = (states: ReadonlyArray<Float32Array>, hidden: number): Float32Array => {
  if (states.length === 1) return states[0]!
  const width = states.length * hidden
  const all = new Float32Array(states.length * states[0]!.length)
  for (const [at, state] of states.entries()) {
    for (let from = 0, to = at * hidden; from < state.length; from += hidden, to += width) {
      all.set(state.subarray(from, from + hidden), to)
    }
  }
  return all
}
