/**
 * A linear layer over frozen word vectors with mutually exclusive classes, "no entity" first (NuNER, section 4.1).
 * Standardisation is folded into kernel and bias, so it is a plain linear layer for whoever loads it.
 */
export interface LinearProbe {
  /** Class names; class 0 is `NONE`. */
  readonly classes: ReadonlyArray<string>
  /** Row-major `[width, classes]`. */
  readonly kernel: Float32Array
  /** `[classes]`. */
  readonly bias: Float32Array
}

/** The class of a word that belongs to no entity. */
export const NONE = "O"

/** The class list of a set of types: `NONE` first, then the types in code-unit order, so that the same types give the same columns. */
export const classesOf = (types: Iterable<string>): ReadonlyArray<string> => [NONE, ...[...new Set(types)].sort()]
