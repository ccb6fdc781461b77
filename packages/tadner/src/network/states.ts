import { forward, type Model, type TokenBatch } from "@nuner/encoder"
import { type DropoutKey, tf } from "@nuner/engine"
import type { LowerLayers } from "./LowerLayers.ts"

/** Which hidden states a word's vector is made of: the last layer (NuNER), or the mean of the last four (TadNER). */
export type Phi = "last" | "last4"

/** The top layers that are averaged; a shallower encoder gives all it has. */
export const depthOf = (phi: Phi, layers: number): number => (phi === "last" ? 1 : Math.min(4, layers))

export interface StatesOptions {
  readonly phi: Phi
  /** Switches dropout on. */
  readonly dropout?: DropoutKey | undefined
  /** What the frozen bottom layers say, where they are frozen. */
  readonly lower?: LowerLayers | undefined
}

/** phi of every token: `[rows, tokens, hidden]`. */
export const states = (model: Model, batch: TokenBatch, { dropout, lower, phi }: StatesOptions): tf.Tensor3D =>
  tf.tidy(() => {
    const depth = depthOf(phi, model.config.layers)
    const layers = Array.from({ length: depth }, (_, i) => -1 - i)
    const found = forward(model, batch, {
      layers,
      ...(dropout && { dropout }),
      ...(lower && { from: { layer: lower.count, state: lower.states(batch) } })
    })
    return depth === 1 ? found[0]! : (tf.div(tf.addN(found), depth) as tf.Tensor3D)
  })
