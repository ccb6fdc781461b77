import type { LabelledSentence } from "@nuner/core"

/** A string that is not labelled the same way everywhere. */
export interface InconsistentString {
  /** Words joined by spaces, as written. */
  readonly text: string
  /** How often it is an entity of each type. */
  readonly types: Readonly<Record<string, number>>
  /** How often it stands outside of any entity. */
  readonly unlabelled: number
  /** The first sentence of each reading, by index: one a type, then one unlabelled. */
  readonly examples: ReadonlyArray<number>
}

/**
 * Strings that are entities of two types, or entities in one place and nothing in another. Inside a longer entity a
 * string does not count ("York" in "New York"). Some are right ("May" the month and the verb); all are worth a look.
 */
export const inconsistentStrings = (sentences: ReadonlyArray<LabelledSentence>): Array<InconsistentString> => {
  const readings = new Map<string, Map<string, { count: number; first: number }>>()
  const add = (text: string, type: string, sentence: number) => {
    const types = readings.get(text)!
    const reading = types.get(type) ?? { count: 0, first: sentence }
    types.set(type, { ...reading, count: reading.count + 1 })
  }
  /** Every beginning of an entity, word by word: a string that is none of them need not be read on. */
  const beginnings = new Set<string>()
  for (const [i, { words, entities }] of sentences.entries()) {
    for (const { start, end, type } of entities) {
      const text = words.slice(start, end).join(" ")
      if (!readings.has(text)) readings.set(text, new Map())
      add(text, type, i)
      for (let to = start + 1; to <= end; to++) beginnings.add(words.slice(start, to).join(" "))
    }
  }
  for (const [i, { words, entities }] of sentences.entries()) {
    for (const { start, end } of gaps(words.length, entities)) {
      for (let from = start; from < end; from++) {
        let text = ""
        for (let to = from + 1; to <= end; to++) {
          text = to === from + 1 ? words[from]! : `${text} ${words[to - 1]}`
          if (!beginnings.has(text)) break
          if (readings.has(text)) add(text, "", i)
        }
      }
    }
  }
  return [...readings]
    .filter(([, types]) => types.size > 1)
    .map(([text, types]) => {
      const ordered = [...types].sort(([a], [b]) => (a === "" ? 1 : b === "" ? -1 : a < b ? -1 : 1))
      return {
        text,
        types: Object.fromEntries(ordered.flatMap(([type, { count }]) => (type === "" ? [] : [[type, count]]))),
        unlabelled: types.get("")?.count ?? 0,
        examples: ordered.map(([, { first }]) => first)
      }
    })
    .sort((a, b) => minority(b) - minority(a) || (a.text < b.text ? -1 : 1))
}

/** Occurrences that are not read in the most frequent way. */
const minority = ({ types, unlabelled }: InconsistentString): number => {
  const counts = [...Object.values(types), unlabelled]
  return counts.reduce((sum, count) => sum + count, 0) - Math.max(...counts)
}

/** The stretches of words outside of entities. */
const gaps = (length: number, entities: LabelledSentence["entities"]): Array<{ start: number; end: number }> => {
  const found: Array<{ start: number; end: number }> = []
  let start = 0
  for (const entity of entities.toSorted((a, b) => a.start - b.start)) {
    if (entity.start > start) found.push({ start, end: entity.start })
    start = Math.max(start, entity.end)
  }
  if (start < length) found.push({ start, end: length })
  return found
}
