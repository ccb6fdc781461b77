/** What is wrong with an episode. */
export interface EpisodeProblem {
  /**
   * `shape`: no episode record. `length`: words and labels differ in number. `types`: not n different types. `unlisted`: an entity
   * of a type that the episode does not list. `few` / `many`: a type counted less than K / more than 2K times. `empty`: a sentence
   * without any entity. `unlabelled`: no sentence of a side has one. `repeated`: a sentence twice on one side. `shared`: a sentence on both sides.
   */
  readonly kind:
    | "shape"
    | "length"
    | "types"
    | "unlisted"
    | "few"
    | "many"
    | "empty"
    | "unlabelled"
    | "repeated"
    | "shared"
  readonly side?: "support" | "query"
  readonly type?: string
  readonly count?: number
  /** In one line. */
  readonly message: string
}

/** What an episode should be. */
export interface EpisodeShape {
  /** Types. Default: as many as it lists. */
  readonly n?: number
  /** Support: K to 2K entities of each type. */
  readonly k: number
  /** Query: the same with Q. Default: k. */
  readonly q?: number
}
