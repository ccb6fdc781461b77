import { EngineError } from "../EngineError.ts"
import { tf } from "../tf.ts"
import { randomKey, randomNormal } from "./counterRandom.ts"

/** A parameter's first values depend on the model's seed and the parameter's name alone, not on the order of creation. */
export interface InitialiserKey {
  readonly seed: number
  readonly name: string
}

/** Normal numbers of mean 0; the default deviation is BERT's and RoBERTa's `initializer_range`. */
export function normalInit(shape: readonly number[], key: InitialiserKey, deviation = 0.02): tf.Tensor {
  const random = randomKey(key.seed, key.name)
  const values = Float32Array.from(
    { length: tf.util.sizeFromShape([...shape]) },
    (_, i) => deviation * randomNormal(random, i)
  )
  return tf.tensor(values, [...shape])
}

/** Normal numbers of deviation `1 / sqrt(in)` for a kernel [in, out] (LeCun 1998): what goes in at unit scale comes out so. */
export function fanInInit(shape: readonly number[], key: InitialiserKey): tf.Tensor {
  const inputs = shape[0]
  if (shape.length !== 2 || !inputs)
    throw new EngineError(`fanInInit: needs a kernel's shape [in, out], got [${shape}]`)
  return normalInit(shape, key, 1 / Math.sqrt(inputs))
}
