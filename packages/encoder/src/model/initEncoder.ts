import { normalInit, type Parameters, tf } from "@nuner/engine"
import { checkConfig, type EncoderConfig } from "../config/EncoderConfig.ts"
import { parameterSpecs } from "./parameterSpecs.ts"

/**
 * Random weights as BERT and RoBERTa start from: normal with deviation `initializerRange`, biases 0, norms 1, the padding token's
 * vectors 0. A weight depends on the seed and its name alone. Call `useEngine()` first; dispose with `disposeAll`.
 *
 * @throws OptionError for a config whose numbers don't fit together
 */
export const initEncoder = (config: EncoderConfig, seed: number): Parameters => {
  const { initializerRange } = checkConfig(config)
  const parameters: Parameters = {}
  for (const { name, shape, initial, paddingRow } of parameterSpecs(config)) {
    parameters[name] = tf.tidy(() => {
      if (initial === "zeros") return tf.variable(tf.zeros([...shape]))
      if (initial === "ones") return tf.variable(tf.ones([...shape]))
      const values = normalInit(shape, { seed, name }, initializerRange)
      return tf.variable(paddingRow === undefined ? values : tf.mul(values, allRowsBut(paddingRow, shape[0]!)))
    })
  }
  return parameters
}

/** A column of ones with one zero, `[rows, 1]`. */
const allRowsBut = (row: number, rows: number): tf.Tensor2D => {
  const column = new Float32Array(rows).fill(1)
  column[row] = 0
  return tf.tensor2d(column, [rows, 1])
}
