/**
 * A tensor's name as in a bare encoder: without the prefix that a model with a head gives it ("bert"), and with PyTorch's names for what
 * TensorFlow called gamma and beta.
 */
export const canonicalName = (name: string, prefix: string): string =>
  (name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : name)
    .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
    .replace(/LayerNorm\.beta$/, "LayerNorm.bias")
