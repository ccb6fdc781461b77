import type { Entity } from "../schema/LabelledSentence.ts"
import { schemeDetector } from "./detectScheme.ts"
import { entitiesOfTags } from "./fromTags.ts"
import { outside, prefixed, type Scheme, type Tag } from "./Scheme.ts"

/** How a file writes entities down in a column of tags. */
export interface Notation {
  /** For people: "BIO", "bare", "BIO with _", "brackets". */
  readonly name: string
  /** The entities of a sentence's tags; the position of the first tag that is none, where there is one. */
  entities(tags: ReadonlyArray<string>): Array<Entity> | number
  isTag(tag: string): boolean
}

/** What stands for "no entity" beside O. */
const outsides: ReadonlySet<string> = new Set(["O", "o", "0", "*", "_", "-"])

export const isOutside = (tag: string): boolean => outsides.has(tag)

type ReadTag = (tag: string) => Tag | undefined

/** B-PER, B_PER, PER-B, PER_B, and B alone with `type` for its type. */
const styles = (type: string): ReadonlyArray<readonly [suffix: string, read: ReadTag]> => [
  ["", prefixed],
  [" with _", (tag) => (tag[1] === "_" ? prefixed(`${tag[0]}-${tag.slice(2)}`) : undefined)],
  [
    " behind the type",
    (tag) => (/[-_][BIESLU]$/.test(tag) ? prefixed(`${tag.at(-1)}-${tag.slice(0, -2)}`) : undefined)
  ],
  [" without types", (tag) => (tag.length === 1 ? prefixed(`${tag}-${type}`) : undefined)]
]

/**
 * Recognises the notation of tags: of `sentences`, enough of a file. `undefined` when they are no tags of any.
 *
 * @param scheme taken as given where it is known
 * @param untyped the type of entities whose tags name none
 */
export const recogniseNotation = (
  sentences: ReadonlyArray<ReadonlyArray<string>>,
  { scheme, untyped }: { readonly scheme?: Scheme | undefined; readonly untyped: string }
): Notation | undefined => {
  const counts = new Map<string, number>()
  for (const tags of sentences) {
    for (const tag of tags) if (!isOutside(tag)) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  }
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0)
  const share = (is: (tag: string) => boolean): number =>
    [...counts].reduce((sum, [tag, n]) => (is(tag) ? sum + n : sum), 0) / total
  // A broken row among good ones does not make another notation of the file.
  const most = 0.9
  if (scheme === "bare") return flat("bare", bare)
  if (total === 0) return later({ scheme, untyped })
  if (scheme === undefined && share((tag) => bracketed.test(tag)) >= most) return brackets
  for (const [suffix, read] of styles(untyped)) {
    if (share((tag) => read(tag) !== undefined) < (scheme === undefined ? most : 0.5)) continue
    const found = scheme ?? schemeOf(sentences, read)
    return flat(`${found}${suffix}`, read)
  }
  if (scheme !== undefined) return flat(scheme, prefixed)
  return share((tag) => /^[^\s()*]+$/u.test(tag)) >= most ? flat("bare", bare) : undefined
}

/** Of a file that starts without an entity: recognised in the first sentence that has one. */
const later = (options: Parameters<typeof recogniseNotation>[1]): Notation => {
  let found: Notation | undefined
  const ofTags = (tags: ReadonlyArray<string>) => {
    found ??= tags.every(isOutside) ? undefined : recogniseNotation([tags], options)
    return found ?? flat(options.scheme ?? "BIO", prefixed)
  }
  return {
    get name() {
      return found?.name ?? options.scheme ?? "BIO"
    },
    entities: (tags) => ofTags(tags).entities(tags),
    isTag: (tag) => ofTags([]).isTag(tag)
  }
}

const bare: ReadTag = (tag) => (tag === "" ? undefined : { prefix: "I", type: tag })

/** One tag a word. Each distinct tag is taken apart once. */
const flat = (name: string, read: ReadTag): Notation => {
  const known = new Map<string, Tag | undefined>()
  const remembered: ReadTag = (tag) => {
    if (tag === "O") return outside
    const seen = known.get(tag)
    if (seen !== undefined || known.has(tag)) return seen
    const made = isOutside(tag) ? outside : read(tag)
    known.set(tag, made)
    return made
  }
  return {
    name,
    entities: (tags) => entitiesOfTags(tags, remembered) ?? tags.findIndex((tag) => !remembered(tag)),
    isTag: (tag) => remembered(tag) !== undefined
  }
}

const schemeOf = (sentences: ReadonlyArray<ReadonlyArray<string>>, read: ReadTag): Scheme => {
  const detector = schemeDetector()
  for (const tags of sentences) {
    detector.add(
      tags.map((tag) => {
        const parts = isOutside(tag) ? outside : read(tag)
        if (parts === undefined || parts.prefix === "") return "O"
        // What is L and U in one scheme is E and S in another: the letter of the file decides.
        return `${read === prefixed ? tag[0] : parts.prefix}-${parts.type}`
      })
    )
  }
  return detector.detect()
}

const bracketed = /^(\([^\s()*]+)*\*?\)*$/

/** OntoNotes, CoNLL-2012: `(PERSON)`, `(ORG*`, `*`, `*)`; spans may lie in one another. */
const brackets: Notation = {
  name: "brackets",
  isTag: (tag) => isOutside(tag) || bracketed.test(tag),
  entities: (tags) => {
    const entities: Array<Entity> = []
    const open: Array<{ start: number; type: string }> = []
    for (const [i, tag] of tags.entries()) {
      if (!brackets.isTag(tag)) return i
      for (const [, type] of tag.matchAll(/\(([^\s()*]+)/g)) open.push({ start: i, type: type! })
      for (const _ of tag.matchAll(/\)/g)) {
        const closed = open.pop()
        if (closed === undefined) return i
        entities.push({ ...closed, end: i + 1 })
      }
    }
    return open.length === 0 ? entities : open[0]!.start
  }
}
