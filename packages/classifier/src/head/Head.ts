/** `y = x W + b` as plain numbers. */
export interface Dense {
  /** Row-major `[in, out]`. */
  readonly kernel: Float32Array
  /** `[out]` */
  readonly bias: Float32Array
}

/**
 * What turns a word's vector into class logits: one linear layer (NuNER, section 4.1), or two with a GELU between them
 * (section 6). Plain data; nothing to dispose.
 */
export interface Head extends Dense {
  /** Class names; class 0 is "O" in heads made here. */
  readonly classes: ReadonlyArray<string>
  /** The hidden layer `[width, hidden]`, where there is one: the output layer is then `[hidden, classes]`. */
  readonly dense?: Dense
}

/** How wide a word vector the head takes. */
export const headWidth = ({ dense, kernel, classes }: Head): number =>
  dense ? dense.kernel.length / dense.bias.length : kernel.length / classes.length
