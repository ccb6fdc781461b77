import { tf } from "../../src/index.ts"

/**
 * Layers one after the other: `layers[n-1](... layers[0](x))`. Each runs tidied, and its input is let go as soon as its output
 * is there, so that between layers only what the backward pass needs stays. `x` stays the caller's.
 */
export const chain = <T extends tf.Tensor>(x: T, layers: ReadonlyArray<(x: T) => T>): T =>
  tf.tidy(() => {
    let value = tf.clone(x)
    for (const layer of layers) {
      const input = value
      value = tf.tidy(() => {
        const output = layer(input)
        return output === input ? tf.clone(output) : output
      })
      input.dispose()
    }
    return value
  })
