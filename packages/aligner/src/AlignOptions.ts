import { Effect, Schema } from "effect"

export const AlignOptions = Schema.Struct({
  /**
   * Which occurrences of an entity's string become mentions: `all` of them; the `first`; or `in-order`, where the nth annotation of a
   * string takes its nth occurrence. Past the last occurrence, an annotation that brings the string a new concept shares the last one.
   */
  policy: Schema.Literals(["all", "first", "in-order"]).pipe(
    Schema.withDecodingDefault(Effect.succeed("all" as const))
  ),
  /**
   * What becomes of mentions that share characters: `keep` all; the `longest` (of equals the one earlier in the text, then the one annotated
   * first); or `drop` every mention that overlaps another.
   */
  overlap: Schema.Literals(["keep", "longest", "drop"]).pipe(
    Schema.withDecodingDefault(Effect.succeed("keep" as const))
  ),
  /** Look again with Unicode form, case, quotes, dashes and white space folded when a string is not found as it is. */
  normalise: Schema.Boolean.pipe(Schema.withDecodingDefault(Effect.succeed(true))),
  /** Where mentions may begin and end: at `word` boundaries, or at the edge of any character (`grapheme`), for languages that glue words. */
  boundary: Schema.Literals(["word", "grapheme"]).pipe(Schema.withDecodingDefault(Effect.succeed("word" as const)))
})
export type AlignOptions = (typeof AlignOptions)["Encoded"]
