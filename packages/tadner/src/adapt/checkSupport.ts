import { InputError, type LabelledSentence, overlap } from "@nuner/core"

/** @throws InputError for a support set from which these types cannot be learned */
export const checkSupport = (
  types: ReadonlyArray<string>,
  support: ReadonlyArray<LabelledSentence>,
  source = "support"
): void => {
  const fail = (field: string, reason: string, remedy: string): never => {
    throw new InputError({ source, field, reason, remedy })
  }
  const known = new Set(types)
  if (support.every(({ entities }) => entities.length === 0)) fail("entities", "there are none", "label at least one")
  if (types.length === 0) fail("types", "are none", "list at least one")
  if (known.size < types.length) {
    const twice = types.find((type, i) => types.indexOf(type) !== i)
    fail("types", `list "${twice}" twice`, "list each type once")
  }
  for (const [i, { entities, words }] of support.entries()) {
    const at = `sentence ${i}`
    const stranger = entities.find(({ type }) => !known.has(type))
    if (stranger) fail(at, `has an entity of type "${stranger.type}", which is not listed`, "list it")
    const outside = entities.find(({ end, start }) => start >= end || end > words.length)
    if (outside) fail(at, `entity ${outside.start}..${outside.end} is not in its ${words.length} words`, "count words")
    const second = overlap(entities)
    if (second) fail(at, `entity ${second.start}..${second.end} overlaps one before it`, "keep one entity a word")
  }
}

/** The K of a K~2K support set: the least count of a type among those that have entities. */
export const shotOf = (support: ReadonlyArray<LabelledSentence>): number => {
  const counts = new Map<string, number>()
  for (const { entities } of support) for (const { type } of entities) counts.set(type, (counts.get(type) ?? 0) + 1)
  return Math.min(...counts.values())
}
