import type { Parameters } from "../nn/Parameters.ts"
import type { tf } from "../tf.ts"

/** Whether a parameter is subject to weight decay: kernels and embedding tables are; biases, LayerNorm and scalars are not. */
export const decays = (_name: string, { rank }: tf.Variable): boolean => rank >= 2

/** The names of the trainable parameters with and without weight decay; each is in exactly one list. */
export function decayGroups(parameters: Parameters, decay = decays): { decay: string[]; noDecay: string[] } {
  const groups = { decay: [] as string[], noDecay: [] as string[] }
  for (const [name, parameter] of Object.entries(parameters)) {
    if (parameter.trainable) groups[decay(name, parameter) ? "decay" : "noDecay"].push(name)
  }
  return groups
}
