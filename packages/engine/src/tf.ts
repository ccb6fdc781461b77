/**
 * The one tfjs-core of the house, with every gradient registered: import `tf` from `@nuner/engine`, never from tfjs itself.
 *
 * Bun resolves the bare package to its Node build, which registers no gradients; the second import adds them to the registry
 * that all builds share. Chained methods (`x.add(y)`) are not part of that build: write `tf.add(x, y)`.
 */
import "@tensorflow/tfjs-core/dist/register_all_gradients.js"

export * as tf from "@tensorflow/tfjs-core"
