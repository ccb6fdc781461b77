/**
 * The one tfjs-core of the house, with every gradient registered: import `tf` from `@nuner/engine`, never from tfjs itself.
 *
 * Bun and Node resolve the bare package to its Node build, which registers no gradients. Chained methods (`x.add(y)`) are not part of
 * that build: write `tf.add(x, y)`.
 */
import "./gradients.ts"

export * as tf from "@tensorflow/tfjs-core"
