/**
 * A tensor's name as in a bare encoder: without the prefix that a model with a head gives it, and with PyTorch's names for what
 * TensorFlow called gamma and beta.
 */
export const canonicalName = (name: string): string =>
  name
    .replace(/^(roberta|bert)\./, "")
    .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
    .replace(/LayerNorm\.beta$/, "LayerNorm.bias")
