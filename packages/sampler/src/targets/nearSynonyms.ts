import { foldConcept } from "../concepts/foldConcept.ts"

/** Words that add nothing to a concept's name when they end it. */
const generic = new Set(["name", "title", "type", "kind", "category", "entity", "term", "concept", "reference"])

/**
 * Which names of a batch mean almost the same, by a rule of words alone. A name is split at what is neither letter nor digit, each word
 * loses a plural ending, and generic last words ("name", "type", "category" ...) are cut while something remains. Two names are
 * near-synonyms when the words of one *end* with those of the other. English compounds have their head last, so
 * `company` ~ `company name` ~ `car companies`, while `event` and `event location` are not (and `location` ~ `event location` are).
 * The relation is symmetric and not transitive.
 *
 * @returns for each concept the indices of its near-synonyms, itself excluded, ascending
 */
export const nearSynonyms = (concepts: ReadonlyArray<string>): Array<Array<number>> => {
  const heads = concepts.map(headWords)
  const byHead = new Map<string, Array<number>>()
  heads.forEach((words, i) => {
    const key = words.join(" ")
    const same = byHead.get(key)
    if (same === undefined) byHead.set(key, [i])
    else same.push(i)
  })
  const near = concepts.map(() => new Set<number>())
  heads.forEach((words, i) => {
    for (let from = 0; from < words.length; from++) {
      for (const j of byHead.get(words.slice(from).join(" ")) ?? []) {
        if (i === j) continue
        near[i]!.add(j)
        near[j]!.add(i)
      }
    }
  })
  return near.map((set) => [...set].sort((a, b) => a - b))
}

const headWords = (concept: string): Array<string> => {
  const words = (foldConcept(concept).match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).map(singular)
  while (words.length > 1 && generic.has(words.at(-1)!)) words.pop()
  return words
}

/** companies -> company, boxes -> box, courses -> course; glass, status and analysis stay. */
const singular = (word: string): string => {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`
  if (word.length > 4 && /(?:ss|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2)
  return word.length > 3 && /[^suiy]s$/.test(word) ? word.slice(0, -1) : word
}
