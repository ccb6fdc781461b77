import { differentiable } from "../autodiff/tape.ts"
import { EngineError } from "../errors.ts"
import { remembered } from "../LruCache.ts"
import { checkFloat, checkShape, type Kernel, like, type Operand } from "../onnx/Kernel.ts"
import { tf } from "../tf.ts"
import { hasKernel, runKernel } from "./fusedKernel.ts"

/**
 * Rotary positions (Su et al. 2021): in each head of width d the pair of numbers i and i + d / 2 is turned by the angle
 * `position * theta^(-2 i / d)`, so that the product of a query and a key depends on their distance.
 *
 * @param x [batch, tokens, hidden]: queries or keys
 * @param heads `hidden` is split into this many, each of an even width
 */
export const rotary = (
  x: tf.Tensor3D,
  { heads, theta }: { readonly heads: number; readonly theta: number }
): tf.Tensor3D => {
  const [, tokens, hidden] = x.shape
  const half = hidden / heads / 2
  if (!Number.isInteger(half)) throw new EngineError(`rotary: hidden ${hidden} gives ${heads} heads no even width`)
  return differentiable<tf.Tensor3D, "x">({ x }, () => ({
    value: turn(x, heads, angles(tokens, half, theta)),
    gradient: (dy) => ({ x: () => turn(dy, heads, angles(tokens, half, -theta)) })
  }))
}

interface Angles {
  readonly cosines: Float32Array
  readonly sines: Float32Array
}

/** [tokens, half]; a negative theta turns back. Rounded to 32 bits where PyTorch does, which shows at far positions. All layers of a text ask for the same. */
const angles = remembered((tokens: number, half: number, theta: number): Angles => {
  const frequencies = Array.from({ length: half }, (_, i) => {
    const power = Math.fround(Math.abs(theta) ** Math.fround(i / half))
    return Math.fround(1 / power)
  })
  const cosines = new Float32Array(tokens * half)
  const sines = new Float32Array(tokens * half)
  for (let at = 0; at < cosines.length; at++) {
    const angle = Math.fround(Math.floor(at / half) * frequencies[at % half]!)
    cosines[at] = Math.cos(angle)
    sines[at] = Math.sign(theta) * Math.sin(angle)
  }
  return { cosines, sines }
})

const turn = (x: tf.Tensor3D, heads: number, { cosines, sines }: Angles): tf.Tensor3D => {
  const [batch, tokens, hidden] = x.shape
  const half = hidden / heads / 2
  if (hasKernel("FusedRotary")) {
    const [cosine, sine] = [cosines, sines].map((values) => tf.tensor2d(values, [tokens, half]))
    return runKernel("FusedRotary", { x, cosine: cosine!, sine: sine! })
  }
  const [a, b] = tf.split(tf.reshape(x, [batch, tokens, heads, 2, half]), 2, 3) as [tf.Tensor, tf.Tensor]
  const factor = (values: Float32Array) => tf.tensor(values, [1, tokens, 1, 1, half])
  const [cosine, sine] = [factor(cosines), factor(sines)]
  const first = tf.sub(tf.mul(a, cosine), tf.mul(b, sine))
  const second = tf.add(tf.mul(b, cosine), tf.mul(a, sine))
  return tf.reshape(tf.concat([first, second], 3), [batch, tokens, hidden])
}

/** x `[batch, tokens, hidden]` turned by angles of which cosine and sine are `[tokens, half a head's width]`. */
export const rotaryKernel: Kernel = {
  name: "FusedRotary",
  inputs: ["x", "cosine", "sine"],
  infer(operands) {
    checkFloat("FusedRotary", operands)
    const [x, cosine, sine] = operands as [Operand, Operand, Operand]
    checkShape("cosine", cosine, [x.shape[1]!, cosine.shape[1]!])
    checkShape("sine", sine, cosine.shape)
    return [like(x)]
  },
  // The first token of each text is at position 0.
  emit: (graph, [x, cosine, sine]) => [
    graph.op("com.microsoft.RotaryEmbedding", [x!, graph.int64s([0]), cosine!, sine!])
  ]
}
