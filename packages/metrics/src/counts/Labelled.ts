import { type Entity, InputError } from "@nuner/core"

/** As much of a labelled sentence as entity scores need. */
export interface WithEntities {
  readonly entities: ReadonlyArray<Entity>
}

/** As much as word scores need. */
export interface WithWords extends WithEntities {
  readonly words: ReadonlyArray<string>
}

export interface CountOptions {
  /** Macro averages are over exactly these types, those that never occur counting 0. Default: over the types that occur in gold or prediction. */
  readonly types?: ReadonlyArray<string>
}

/** @throws InputError when the sides differ in number */
export const checkPaired = (
  gold: ReadonlyArray<unknown>,
  predicted: ReadonlyArray<unknown>,
  what = "sentences"
): void => {
  if (gold.length === predicted.length) return
  throw new InputError({
    source: "predicted",
    reason: `${predicted.length} ${what}, gold has ${gold.length}`,
    remedy: "predict every one, in the order of gold"
  })
}
