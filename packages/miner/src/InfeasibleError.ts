import { Schema } from "effect"

/** No set with the counts that were asked for exists, or none was found within the bounds of the search. */
export class InfeasibleError extends Schema.TaggedError<InfeasibleError>()("InfeasibleError", {
  /** "mineSets", "mineEpisodes", "mineWordSets". */
  sampler: Schema.String,
  /** Where it failed; in a search, the type that was short most often. */
  type: Schema.String,
  /**
   * `few`: the data has too little of the type. `dense`: it has enough, but not outside of sentences with more than the limit.
   * `proved`: an exhaustive search found that types cannot be balanced. `search`: a bounded search found nothing.
   */
  reason: Schema.Literals(["few", "dense", "proved", "search"]),
  unit: Schema.Literals(["entities", "words", "types"]),
  /** The least that a set must have of the type. */
  needed: Schema.Natural,
  /** The most that it may have. */
  limit: Schema.Natural,
  /** What the candidate sentences have of the type. */
  available: Schema.Natural,
  /** What those of them have that may be chosen at all; for `search` and `proved`, the most that an attempt reached. */
  usable: Schema.Natural,
  /** In an episode: the types that it was drawn with, and how many draws failed. The numbers are of this draw. */
  drawn: Schema.optionalKey(Schema.Array(Schema.String)),
  draws: Schema.optionalKey(Schema.Natural)
}) {
  override get message(): string {
    const { sampler, type, unit, reason, needed, limit, available, usable } = this
    if (unit === "types") {
      return `${sampler}: ${needed} types are needed, ${usable} of ${available} can be sampled; "${type}" cannot (lower n or k)`
    }
    const wanted = `${needed === limit ? needed : `${needed} to ${limit}`} ${unit}`
    const story = {
      few: `${wanted} are needed, the data has ${available} (lower ${unit === "words" ? "words" : "k"}, leave out the type, or add data)`,
      dense: `${wanted} are needed; of its ${available} only ${usable} are in sentences with at most ${limit} of any type (raise k, or leave out the type)`,
      proved: `no set has ${wanted} of every type; of its ${available} the most that fitted was ${usable} (change k, or leave out the type)`,
      search: `no set with ${wanted} of every type was found; of its ${available} the most that fitted was ${usable} (try another seed, change k, or leave out the type)`
    }
    const episode =
      this.drawn === undefined ? "" : ` [with types ${this.drawn.join(", ")}; draws that failed: ${this.draws}]`
    return `${sampler}: type "${type}": ${story[reason]}${episode}`
  }
}
