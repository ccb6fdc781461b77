import { tf } from "../../src/index.ts"

/** Numbers that any language makes alike: `amplitude sin(0.7 (i + 1) + 1.3 phase)` in double precision, then float32. */
export const waveValues = (count: number, phase: number, amplitude = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => amplitude * Math.sin(0.7 * (i + 1) + 1.3 * phase))

export const wave = (shape: Array<number>, phase: number, amplitude = 1): tf.Tensor =>
  tf.tensor(waveValues(tf.util.sizeFromShape(shape), phase, amplitude), shape)
