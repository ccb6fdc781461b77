import { type Entity, fromTags, InputError, type Scheme, strayTag } from "@nuner/core"
import { isStrictScheme, strictEntities } from "./strictEntities.ts"

export interface TagOptions {
  /** How the tags write entities. */
  readonly scheme: Scheme
  /**
   * What tags that the scheme does not allow mean. `conlleval`: an entity all the same, as the CoNLL script and seqeval's default mode
   * read them. `strict`: none, as seqeval's strict mode. Default "conlleval".
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
): Array<{ readonly entities: ReadonlyArray<Entity> }> =>
  sequences.map((tags, i) => {
    const entities = mode === "strict" && isStrictScheme(scheme) ? strictEntities(tags, scheme) : fromTags(tags, scheme)
    if (Array.isArray(entities)) return { entities }
    const at = typeof entities === "number" ? entities : strayTag(tags, scheme)
    const reason = `"${tags[at]}" is no ${scheme} tag`
    throw new InputError({ source: "tags", field: `[${i}][${at}]`, reason, remedy: "name another scheme" })
  })
