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
 * Strings that are entities of two types, or entities in one place and nothing in another. Inside a longer entity a string does not count
 * ("York" in "New York"). Some are right ("May" the month and the verb); all are worth a look.
 */
export const inconsistentStrings = (sentences: ReadonlyArray<LabelledSentence>): Array<InconsistentString> => {
  const readings = new Map<string, Map<string, { count: number; first: number }>>()
  const add = (text: string, type: string, sentence: number) => {
    const types = readings.get(text)!
    const reading = types.get(type) ?? { count: 0, first: sentence }
    types.set(type, { ...reading, count: reading.count + 1 })
  }
  let longest = 0
  for (const [i, { words, entities }] of sentences.entries()) {
    for (const { start, end, type } of entities) {
      const text = words.slice(start, end).join(" ")
      if (!readings.has(text)) readings.set(text, new Map())
      add(text, type, i)
      longest = Math.max(longest, end - start)
    }
  }
  for (const [i, { words, entities }] of sentences.entries()) {
    for (const { start, end } of gaps(words.length, entities)) {
      for (let from = start; from < end; from++) {
        let text = ""
        for (let to = from + 1; to <= Math.min(end, from + longest); to++) {
          text = text === "" ? words[from]! : `${text} ${words[to - 1]}`
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
    .sort((a, b) => total(b) - total(a) || (a.text < b.text ? -1 : 1))
}

const total = ({ types, unlabelled }: InconsistentString): number =>
  Object.values(types).reduce((sum, count) => sum + count, unlabelled)

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
