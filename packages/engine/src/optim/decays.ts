import type { tf } from "../tf.ts"

/** Whether a parameter is subject to weight decay: kernels and embedding tables are; biases, LayerNorm and scalars are not. */
export const decays = (_name: string, { rank }: tf.Variable): boolean => rank >= 2
