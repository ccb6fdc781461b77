import { option } from "@nuner/core"
import { Schema } from "effect"

/** Which occurrences of an answer's words in its sentence are taken. */
export const AlignOptions = Schema.Struct({
  policy: option(Schema.Literals(["all", "first", "in-order"]), {
    default: "all",
    help: "which occurrences of an entity's string become mentions; in-order: the nth annotation of a string takes its nth occurrence, and past the last one an annotation that brings a new concept shares it"
  }),
  overlap: option(Schema.Literals(["keep", "longest", "drop"]), {
    default: "keep",
    help: "mentions that share characters: all stay, the longest (of equals the one earlier in the text, then the one annotated first), or every mention that overlaps another goes"
  }),
  normalise: option(Schema.Boolean, {
    default: true,
    help: "look again with Unicode form, case, quotes, dashes and white space folded when a string is not found as it is"
  }),
  boundary: option(Schema.Literals(["word", "grapheme"]), {
    default: "word",
    help: "where mentions may begin and end: at word boundaries, or at the edge of any character, for languages that glue words"
  })
})
export type AlignOptions = (typeof AlignOptions)["Encoded"]
