import type { Entity } from "../schema/LabelledSentence.ts"
import { outside, prefixed, type Scheme, type Tag } from "./Scheme.ts"

/**
 * The entities that tags write down, in any scheme, as conlleval reads them (Sang & Buchholz 2000; E and S as in seqeval): a
 * sequence that its scheme does not allow has a meaning all the same. An entity starts at B or S, at I or E after O or after an
 * ended entity, and wherever the type changes; it ends before the next start or O, and after E or S.
 *
 * @returns `undefined` in the place of entities when a tag is not one of the scheme (`X-PER`, `PER` with prefixes); see `strayTag`.
 */
export const fromTags = (tags: ReadonlyArray<string>, scheme: Scheme): Array<Entity> | undefined =>
  entitiesOfTags(tags, parser(scheme))

/** As `fromTags`, for tags that are taken apart by `read`. */
export const entitiesOfTags = (
  tags: ReadonlyArray<string>,
  read: (tag: string) => Tag | undefined
): Array<Entity> | undefined => {
  const entities: Array<Entity> = []
  let previous = outside
  let start = 0
  for (let i = 0; i <= tags.length; i++) {
    const tag = i < tags.length ? read(tags[i]!) : outside
    if (tag === undefined) return undefined
    if (breaks(previous, tag)) {
      if (previous.prefix !== "") entities.push({ start, end: i, type: previous.type })
      start = i
    }
    previous = tag
  }
  return entities
}

/** The position of the first tag that is none of the scheme, -1 when all are. */
export const strayTag = (tags: ReadonlyArray<string>, scheme: Scheme): number => {
  const read = parser(scheme)
  return tags.findIndex((tag) => read(tag) === undefined)
}

/** Whether two neighbours belong to different entities, or one of them to none. */
const breaks = (previous: Tag, tag: Tag): boolean =>
  previous.prefix === "" ||
  tag.prefix === "" ||
  previous.prefix === "E" ||
  previous.prefix === "S" ||
  tag.prefix === "B" ||
  tag.prefix === "S" ||
  previous.type !== tag.type

const parser = (scheme: Scheme) => (scheme === "bare" ? bare : prefixed)
const bare = (tag: string): Tag | undefined =>
  tag === "O" ? outside : tag === "" ? undefined : { prefix: "I", type: tag }
