import {
  type AttentionOptions,
  attention,
  embedding,
  gelu,
  layerNorm,
  linear,
  type Parameters,
  residual,
  tf
} from "../../src/index.ts"
import { wave } from "./wave.ts"

/** One post-norm transformer layer with a classifier head, as in test/fixtures/reference_torch.py. */
const shapes: Record<string, [Array<number>, number]> = {
  embedding: [[7, 8], 1],
  query: [[8, 8], 2],
  key: [[8, 8], 3],
  value: [[8, 8], 4],
  output: [[8, 8], 5],
  "norm1.weight": [[8], 6],
  "norm1.bias": [[8], 7],
  up: [[8, 16], 8],
  "up.bias": [[16], 9],
  down: [[16, 8], 10],
  "norm2.weight": [[8], 11],
  "norm2.bias": [[8], 12],
  head: [[8, 3], 13],
  "head.bias": [[3], 14]
}

export const tinyParameters = (): Parameters =>
  tf.tidy(() =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, [shape, phase]]) => [name, tf.variable(wave(shape, phase, 0.5))])
    )
  )

export const tinyBatch = {
  ids: new Int32Array([1, 4, 2, 6, 1, 3, 3, 0, 5, 5]),
  mask: [1, 1, 1, 1, 1, 1, 1, 1, 0, 0],
  labels: new Int32Array([0, 1, 2, 1, 0, 2, 2, 1, -100, -100])
}

/** Logits [batch * 5, 3] of sentences of 5 tokens. */
export const tinyForward = (
  p: Parameters,
  ids: Int32Array,
  mask: Array<number>,
  dropout?: AttentionOptions["dropout"]
): tf.Tensor2D => {
  const shape: [number, number, number] = [ids.length / 5, 5, 8]
  const x = tf.reshape(embedding(p.embedding!, ids), shape) as tf.Tensor3D
  const a = attention(linear(x, p.query!), linear(x, p.key!), linear(x, p.value!), {
    heads: 2,
    mask,
    ...(dropout && { dropout })
  })
  const y = layerNorm(residual(x, linear(a, p.output!)), p["norm1.weight"]!, p["norm1.bias"]!)
  const up = gelu(linear(y, p.up!, p["up.bias"]))
  const z = layerNorm(residual(y, linear(up, p.down!)), p["norm2.weight"]!, p["norm2.bias"]!)
  return tf.reshape(linear(z, p.head!, p["head.bias"]), [ids.length, 3])
}
