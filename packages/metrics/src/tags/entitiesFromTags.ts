import { type Entity, InputError, type Scheme } from "@nuner/core"
import { tagReader } from "./tagReader.ts"

export interface TagOptions {
  /** How the tags write entities. */
  readonly scheme: Scheme
  /**
   * What tags that the scheme does not allow mean. `conlleval`: an entity all the same, as the CoNLL script and seqeval's default mode
   * read them. `strict`: none, as seqeval's strict mode; a prefix that the scheme does not have is refused. Default "conlleval".
   */
  readonly mode?: "conlleval" | "strict"
}

/**
 * The entities of tag sequences, a sentence a sequence.
 *
 * @throws InputError with sequence and position for a tag that is none of the scheme
 */
export const entitiesFromTags = (
  sequences: ReadonlyArray<ReadonlyArray<string>>,
  { scheme, mode = "conlleval" }: TagOptions
): Array<{ readonly entities: ReadonlyArray<Entity> }> => {
  const read = tagReader(scheme, mode)
  return sequences.map((tags, i) => {
    const entities = read(tags)
    if (typeof entities !== "number") return { entities }
    const reason = `"${tags[entities]}" is no ${scheme} tag`
    throw new InputError({ source: "tags", field: `[${i}][${entities}]`, reason, remedy: "name another scheme" })
  })
}
